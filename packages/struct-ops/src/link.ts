import type { StructOpsLayout, StructOpsMember } from '@tscc/btf'
import { byteWriter, isObjectName, nearestNames } from '@tscc/core'
import { type AsmItem, encode, type Insn, insnSlots, placeLabels } from '@tscc/insn'
import { CALLBACK_SINCE } from './building-blocks/callbacks.ts'
import { describeStep } from './describe-step.ts'
import { structOpsErrors } from './errors.ts'
import { labelJumps } from './label-jumps.ts'
import { lowerStep } from './lower-step.ts'
import type { Resolver } from './resolver.ts'
import type { Steps, StructOpsSpec } from './spec.ts'

/** A program with every kernel-dependent number filled in. */
export interface LinkedProgram {
  readonly callback: string
  /** The kernel's name of the program: at most 15 characters. */
  readonly name: string
  /** The `expected_attach_type`. */
  readonly memberIndex: number
  /** Byte offset in the map's value where the program's descriptor goes. */
  readonly valueOffset: number
  readonly insns: readonly Insn[]
  readonly bytes: Uint8Array
  readonly steps: Steps
  /** By slot (as the verifier counts): index of the step that the instruction came from. */
  readonly origins: readonly number[]
}

/** What registering needs to know of a struct_ops that is bound to one kernel. */
export interface BoundStructOps {
  readonly spec: Pick<StructOpsSpec, 'type' | 'name'>
  readonly layout: StructOpsLayout
  readonly programs: readonly Pick<LinkedProgram, 'callback' | 'valueOffset'>[]
  /** The map's value; program slots are still zero. */
  readonly value: Uint8Array
  /** Callbacks that this kernel does not have, and why that is fine. */
  readonly dropped: readonly { readonly callback: string; readonly why: string }[]
  /** Name of the module that has the type; absent for vmlinux. */
  readonly module?: string
}

/** A struct_ops bound to one kernel: ready to load, still plain data. */
export interface LinkedStructOps extends BoundStructOps {
  readonly spec: StructOpsSpec
  readonly programs: readonly LinkedProgram[]
}

/** Bind a spec to the kernel that `resolver` speaks for. Pure: needs that kernel's BTF only. */
export function linkStructOps(spec: StructOpsSpec, resolver: Resolver): LinkedStructOps {
  if (spec.name === '' || !isObjectName(spec.name))
    throw structOpsErrors.make('bad-name', { name: spec.name, why: 'must be 1 to 15 of A-Z a-z 0-9 _ .' })
  const layout = resolver.structOps(spec.type)
  const programs: LinkedProgram[] = []
  const dropped: { callback: string; why: string }[] = []
  for (const [callback, steps] of Object.entries(spec.callbacks)) {
    const member = layout.members.find((m) => m.name === callback && m.kind === 'callback')
    if (member === undefined) dropped.push({ callback, why: whyAbsent(layout, callback) })
    else
      programs.push(
        linkedBefore(resolver, steps, `${spec.type}.${callback}`, () => linkProgram(steps, member, layout, resolver)),
      )
  }
  return { spec, layout, programs, value: buildValue(spec, layout), dropped }
}

/** Programs that a resolver linked already, by their steps: the same steps on the same kernel give the same bytes. */
const linkedPrograms = new WeakMap<Resolver, WeakMap<Steps, Map<string, LinkedProgram>>>()

function linkedBefore(resolver: Resolver, steps: Steps, slot: string, link: () => LinkedProgram): LinkedProgram {
  const bySteps = linkedPrograms.get(resolver) ?? new WeakMap<Steps, Map<string, LinkedProgram>>()
  linkedPrograms.set(resolver, bySteps)
  const bySlot = bySteps.get(steps) ?? new Map<string, LinkedProgram>()
  bySteps.set(steps, bySlot)
  const program = bySlot.get(slot) ?? link()
  bySlot.set(slot, program)
  return program
}

/** The step that a slot of a program came from, in words; empty where that is not known. */
export function originOf(program: LinkedProgram, slot: number): string {
  const step = program.steps[program.origins[slot] ?? -1]
  return step === undefined ? '' : describeStep(step)
}

/** Which kernels have a callback, where that is known not to be all. */
export function sinceText(type: string, callback: string): string | undefined {
  const since = CALLBACK_SINCE[`${type}.${callback}`]
  return since === undefined ? undefined : `kernels have ${type}.${callback} from ${since}`
}

/** The reason that a callback may be absent; throws where it is a mistake. */
export function whyAbsent(layout: StructOpsLayout, callback: string): string {
  const since = sinceText(layout.type, callback)
  if (since !== undefined) return since
  const names = layout.members.filter((m) => m.kind === 'callback').map((m) => m.name)
  throw structOpsErrors.make('unknown-callback', {
    type: layout.type,
    callback,
    nearest: nearestNames(callback, names),
  })
}

function linkProgram(
  steps: Steps,
  member: StructOpsMember,
  layout: StructOpsLayout,
  resolver: Resolver,
): LinkedProgram {
  const items: AsmItem[] = []
  const itemOrigins: number[] = []
  for (const { step, index } of labelJumps(steps)) {
    for (const item of lowerStep(step, { type: layout.type, member, resolver })) {
      items.push(item)
      if (item.kind !== 'label') itemOrigins.push(index)
    }
  }
  const insns = placeLabels(items)
  // Long jumps make more instructions than items; the steps are then told apart no more.
  const origins =
    insns.length === itemOrigins.length
      ? insns.flatMap((insn, i) => Array.from({ length: insnSlots(insn) }, () => itemOrigins[i] ?? 0))
      : []
  return {
    callback: member.name,
    name: member.name.slice(0, 15),
    memberIndex: member.index,
    valueOffset: layout.dataOffset + member.offset,
    insns,
    bytes: encode(insns),
    steps,
    origins,
  }
}

/** The map's value: a zero header, then the ops struct with its name and plain data. */
export function buildValue(spec: Pick<StructOpsSpec, 'name' | 'data'>, layout: StructOpsLayout): Uint8Array {
  const value = new Uint8Array(layout.valueSize)
  const put = (member: StructOpsMember, bytes: Uint8Array): void => value.set(bytes, layout.dataOffset + member.offset)
  const nameMember =
    layout.members.find((m) => m.kind === 'string' && m.name === 'name') ??
    layout.members.find((m) => m.kind === 'string')
  if (nameMember !== undefined) put(nameMember, textBytes(nameMember, spec.name))
  putData(value, layout, spec.data ?? {})
  return value
}

/** Write plain data members into a map's value; throws `struct-ops/unknown-member`, `bad-value` and `bad-name`. */
export function putData(value: Uint8Array, layout: StructOpsLayout, data: NonNullable<StructOpsSpec['data']>): void {
  for (const [name, given] of Object.entries(data)) {
    const kind = typeof given === 'string' ? 'string' : 'integer'
    const member = layout.members.find((m) => m.name === name && m.kind === kind)
    if (member === undefined)
      throw structOpsErrors.make('unknown-member', {
        type: layout.type,
        member: name,
        nearest: nearestNames(
          name,
          layout.members.filter((m) => m.kind === kind).map((m) => m.name),
        ),
      })
    const bytes = typeof given === 'string' ? textBytes(member, given) : integerBytes(member, BigInt(given))
    const start = layout.dataOffset + member.offset
    value.fill(0, start, start + member.size).set(bytes, start)
  }
}

/** A text with its end. */
function textBytes(member: StructOpsMember, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length < member.size) return bytes
  throw structOpsErrors.make('bad-name', { name: text, why: `has ${bytes.length} bytes, at most ${member.size - 1}` })
}

function integerBytes(member: StructOpsMember, value: bigint): Uint8Array {
  const bits = BigInt(8 * member.size)
  if (value >= 1n << bits || value < -(1n << (bits - 1n)))
    throw structOpsErrors.make('bad-value', { member: member.name, value: `${value}`, size: member.size })
  const w = byteWriter({ capacity: 8 })
  w.u64(BigInt.asUintN(64, value), member.name)
  return w.finish().subarray(0, member.size)
}
