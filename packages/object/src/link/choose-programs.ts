import { nearestNames } from '@tscc/core'
import type { BpfObject, ObjectFunction } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import type { StructOpsLink } from './link-struct-ops.ts'
import type { TargetState } from './link-target.ts'
import { isStructOpsProgram, type SectionDefinition, sectionDefinition, sectionNames } from './section-definitions.ts'

/** Subprograms live here; everything else is a program. */
const SUBPROGRAMS = '.text'
const CALLBACKS = /^\??struct_ops(?:\.s)?(?:\/|$)/

/** Indices of the programs to link: those that are wanted, and those that the struct_ops values need. */
export function choosePrograms(
  object: BpfObject,
  wanted: ((f: ObjectFunction) => boolean) | undefined,
  structOps: readonly StructOpsLink[],
): readonly number[] {
  const callbacks = new Set(structOps.flatMap(({ linked }) => linked.callbacks.map((one) => one.function)))
  return object.functions.flatMap((f, index) => {
    if (callbacks.has(index)) return [index]
    // A callback that no value has, or that the kernel does not have, is nothing to load.
    if (f.section === SUBPROGRAMS || CALLBACKS.test(f.section)) return []
    return (wanted === undefined ? !f.section.startsWith('?') : wanted(f)) ? [index] : []
  })
}

/** What kind of program it is to the kernel. */
export interface ProgramRole {
  readonly type: number
  readonly expectedAttachType: number
  readonly flags: number
  readonly attachBtfId: number
  readonly attachModule?: string
}

/** A program's role, and what it attaches to where that is something of the kernel. */
export interface RoleFound {
  readonly role: ProgramRole
  readonly target?: string
  /** Callbacks that it implements. */
  readonly callbacks: readonly { readonly link: StructOpsLink; readonly name: string }[]
}

/** The role that a program's section and its places in struct_ops values give it. */
export function roleOf(
  f: ObjectFunction,
  index: number,
  structOps: readonly StructOpsLink[],
  state: TargetState,
  attachTo: string | undefined,
): RoleFound {
  const definition = sectionDefinition(f.section)
  if (definition === undefined)
    throw objectErrors.make('unknown-section', {
      function: f.name,
      section: f.section,
      nearest: nearestNames(f.section, sectionNames()),
    })
  return isStructOpsProgram(definition)
    ? callbackRole(f, index, definition, structOps)
    : attachedRole(f, definition, state, attachTo)
}

/** The kernel's name of what a section says that its program attaches to; undefined where that is nothing with a type. */
export function targetName(section: string, attachTo?: string): string | undefined {
  const definition = sectionDefinition(section)
  const name = attachTo ?? definition?.rest ?? ''
  return definition?.attachTo === undefined || name === '' ? undefined : `${definition.attachTo.prefix}${name}`
}

function attachedRole(
  f: ObjectFunction,
  definition: SectionDefinition,
  state: TargetState,
  attachTo: string | undefined,
): RoleFound {
  const { programType: type, attachType: expectedAttachType, flags } = definition
  const role = { type, expectedAttachType, flags, attachBtfId: 0 }
  const target = targetName(f.section, attachTo)
  if (definition.attachTo === undefined || target === undefined) return { role, callbacks: [] }
  const { kind } = definition.attachTo
  const found = state.finder.locate(target, kind)
  if (found === undefined) throw objectErrors.make('unknown-target', { function: f.name, target, kind })
  const attachModule = found.module === undefined ? {} : { attachModule: found.module }
  return { role: { ...role, attachBtfId: found.id, ...attachModule }, target, callbacks: [] }
}

function callbackRole(
  f: ObjectFunction,
  index: number,
  definition: SectionDefinition,
  structOps: readonly StructOpsLink[],
): RoleFound {
  const places = structOps.flatMap((link) =>
    link.linked.callbacks.filter((one) => one.function === index).map(({ member }) => ({ link, member })),
  )
  const [first, ...others] = places
  const refuse = (why: string): Error => objectErrors.make('not-linkable', { what: f.name, why })
  if (first === undefined) throw refuse('is a callback that no struct_ops value has')
  const { layout, module } = first.link.linked
  for (const { link, member } of others)
    if (link.linked.layout.typeId !== layout.typeId || member.index !== first.member.index)
      throw refuse(`cannot be both ${layout.type}.${first.member.name} and ${link.linked.layout.type}.${member.name}`)
  return {
    role: {
      type: definition.programType,
      expectedAttachType: first.member.index,
      flags: definition.flags,
      attachBtfId: layout.typeId,
      ...(module === undefined ? {} : { attachModule: module }),
    },
    callbacks: places.map(({ link, member }) => ({ link, name: member.name })),
  }
}
