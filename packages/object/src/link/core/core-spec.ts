import { type Btf, type BtfType, sizeOf, skipModifiers, typeOf } from '@tscc/btf'
import type { CoreKind, CoreRelocation } from '../../model.ts'
import { objectErrors } from '../../object-errors.ts'
import { fieldsAreCompatible } from './compatible.ts'
import { essentialName } from './essential-name.ts'

/** What a kind of relocation is about. */
export function subjectOf(kind: CoreKind): 'field' | 'type' | 'enumerator' {
  return kind.startsWith('field_') ? 'field' : kind.startsWith('type_') ? 'type' : 'enumerator'
}

/** A step of an access: into a named member, or to an element (the first one: of what the pointer points to). */
export interface Accessor {
  /** The struct or union that has the member; the type of the element. */
  readonly typeId: number
  readonly index: number
  /** Of the member or enumerator; absent for elements. Members without a name are passed through. */
  readonly name?: string
}

/** An access in one BTF: where it leads to. */
export interface CoreSpec {
  readonly btf: Btf
  readonly rootId: number
  readonly accessors: readonly Accessor[]
  /** Bits from the start of the root to the field. */
  readonly bitOffset: number
}

/** Members and elements that an access may go through, as libbpf limits it. */
const MAX_STEPS = 64

/** Members that are looked at for one access: structs without names can be nested in many ways. */
const MAX_VISITS = 1 << 16

/** What is wrong with a relocation; whoever applies it says where it is. */
const broken = (why: string): Error => objectErrors.make('bad-core', { why })

/** The access that a relocation describes, in the object's own BTF; throws `object/bad-core`. */
export function localSpec(btf: Btf, relocation: CoreRelocation): CoreSpec {
  const { kind, typeId, access } = relocation
  const subject = subjectOf(kind)
  if (subject === 'type') {
    if (access !== '0') throw broken(`access '${access}' to a type`)
    return { btf, rootId: typeId, accessors: [], bitOffset: 0 }
  }
  const steps = parseAccess(access)
  const [first = 0, ...rest] = steps
  let id = skipModifiers(btf, typeId)
  const root = typeOf(btf, id)
  if (subject === 'enumerator') {
    const value = root.kind === 'enum' || root.kind === 'enum64' ? root.values[first] : undefined
    if (value === undefined || rest.length > 0) throw broken(`access '${access}' to ${root.kind} ${root.name}`)
    return { btf, rootId: typeId, accessors: [{ typeId: id, index: first, name: value.name }], bitOffset: 0 }
  }
  let bitOffset = 8 * first * sizeOf(btf, id)
  const accessors: Accessor[] = [{ typeId: id, index: first }]
  for (const index of rest) {
    id = skipModifiers(btf, id)
    const type = typeOf(btf, id)
    if (type.kind === 'struct' || type.kind === 'union') {
      const member = type.members[index]
      if (member === undefined) throw broken(`access '${access}': ${type.kind} ${type.name} has no member ${index}`)
      bitOffset += member.bitOffset
      if (member.name !== '') accessors.push({ typeId: id, index, name: member.name })
      id = member.typeId
    } else if (type.kind === 'array') {
      const last = accessors.at(-1)
      if (index >= type.length && !isFlexible(btf, last, type))
        throw broken(`access '${access}': element ${index} of ${type.length}`)
      id = skipModifiers(btf, type.typeId)
      accessors.push({ typeId: id, index })
      bitOffset += 8 * index * sizeOf(btf, id)
    } else throw broken(`access '${access}' goes into a ${type.kind}`)
  }
  return { btf, rootId: typeId, accessors, bitOffset }
}

function parseAccess(access: string): readonly number[] {
  if (!/^\d{1,9}(?::\d{1,9})*$/.test(access)) throw broken(`access '${access}' is no list of indices`)
  const steps = access.split(':').map(Number)
  if (steps.length > MAX_STEPS) throw broken(`access '${access}' has more than ${MAX_STEPS} steps`)
  return steps
}

/** An array without a length at the end of the struct whose member it is. */
function isFlexible(
  btf: Btf,
  member: Accessor | undefined,
  array: Extract<BtfType, { readonly kind: 'array' }>,
): boolean {
  if (member?.name === undefined || array.length > 0) return false
  const owner = typeOf(btf, member.typeId)
  return (owner.kind === 'struct' || owner.kind === 'union') && member.index === owner.members.length - 1
}

/** The same access in a kernel's type, members found by name; undefined where that type has it not. */
export function matchSpec(local: CoreSpec, btf: Btf, targetId: number): CoreSpec | undefined {
  const [first] = local.accessors
  if (first === undefined) return undefined
  if (first.name !== undefined) return matchEnumerator(first.name, btf, targetId)
  const found: Found = { accessors: [], bitOffset: 0, steps: 0, visits: 0 }
  let id = targetId
  for (const [i, accessor] of local.accessors.entries()) {
    id = skipModifiers(btf, id)
    if (accessor.name !== undefined) {
      const next = matchMember(local.btf, { ...accessor, name: accessor.name }, btf, id, found)
      if (next === undefined) return undefined
      id = next
      continue
    }
    // What the pointer points to may be taken as the first element of an array without more ado.
    if (i > 0) {
      const array = typeOf(btf, id)
      if (array.kind !== 'array') return undefined
      if (accessor.index >= array.length && !isFlexible(btf, found.accessors.at(-1), array)) return undefined
      id = skipModifiers(btf, array.typeId)
    }
    step(found)
    found.accessors.push({ typeId: id, index: accessor.index })
    found.bitOffset += 8 * accessor.index * sizeOf(btf, id)
  }
  return { btf, rootId: targetId, accessors: found.accessors, bitOffset: found.bitOffset }
}

interface Found {
  readonly accessors: Accessor[]
  bitOffset: number
  /** Members and elements so far, unnamed ones included. */
  steps: number
  /** Members looked at, all told. */
  visits: number
}

function step(found: Found): void {
  if (found.steps === MAX_STEPS) throw broken(`more than ${MAX_STEPS} nested members`)
  if (found.visits === MAX_VISITS) throw broken(`more than ${MAX_VISITS} members in question`)
  found.steps++
  found.visits++
}

function matchEnumerator(name: string, btf: Btf, targetId: number): CoreSpec | undefined {
  const id = skipModifiers(btf, targetId)
  const type = typeOf(btf, id)
  if (type.kind !== 'enum' && type.kind !== 'enum64') return undefined
  const wanted = essentialName(name)
  const values: readonly { readonly name: string }[] = type.values
  const index = values.findIndex((value) => essentialName(value.name) === wanted)
  const value = values[index]
  if (value === undefined) return undefined
  return { btf, rootId: targetId, accessors: [{ typeId: id, index, name: value.name }], bitOffset: 0 }
}

/**
 * Step into the member of that name, through members without a name; gives its type. The first of that name decides: where
 * its type is another one, the field counts as absent.
 */
function matchMember(
  localBtf: Btf,
  accessor: Accessor & { readonly name: string },
  btf: Btf,
  id: number,
  found: Found,
): number | undefined {
  const plain = skipModifiers(btf, id)
  const type = typeOf(btf, plain)
  if (type.kind !== 'struct' && type.kind !== 'union') return undefined
  for (const [index, member] of type.members.entries()) {
    if (member.name !== '' && member.name !== accessor.name) continue
    step(found)
    found.bitOffset += member.bitOffset
    if (member.name === '') {
      const inner = matchMember(localBtf, accessor, btf, member.typeId, found)
      if (inner !== undefined) return inner
    } else if (fieldsAreCompatible(localBtf, memberType(localBtf, accessor), btf, member.typeId)) {
      found.accessors.push({ typeId: plain, index, name: member.name })
      return member.typeId
    }
    found.bitOffset -= member.bitOffset
    found.steps--
    if (member.name !== '') return undefined
  }
  return undefined
}

/** Type of a member that an accessor of ours leads to. */
export function memberType(btf: Btf, accessor: Accessor): number {
  const owner = typeOf(btf, accessor.typeId)
  const member = owner.kind === 'struct' || owner.kind === 'union' ? owner.members[accessor.index] : undefined
  if (member === undefined) throw broken(`no member ${accessor.index}`)
  return member.typeId
}
