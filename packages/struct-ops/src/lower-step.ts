import { argumentIndex, type FieldLocation, type StructOpsMember } from '@tscc/btf'
import { type AsmItem, and, arsh, callKfunc, load, lsh, mov32, rsh, store } from '@tscc/insn'
import { structOpsErrors } from './errors.ts'
import type { Resolver } from './resolver.ts'
import type { AccessSize, LoadArgument, LoadField, LoadPrivate, Step, StoreField, StorePrivate } from './spec.ts'

const sizeOfBytes: Readonly<Record<number, AccessSize | undefined>> = { 1: 'u8', 2: 'u16', 4: 'u32', 8: 'u64' }
/** Bytes of an access. */
export const bytesOfSize: Readonly<Record<AccessSize, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 }

/** Scalar kinds a single load reads; the rest (struct, array …) is an address, not a value. */
const scalarKinds: ReadonlySet<string> = new Set(['int', 'enum', 'enum64', 'ptr', 'float'])

/** The callback that a step is part of, and the kernel that it is linked to. */
export interface Place {
  readonly type: string
  readonly member: StructOpsMember
  readonly resolver: Resolver
}

/** Turn one step into items of the assembler, with everything that depends on the kernel filled in. */
export function lowerStep(step: Step, at: Place): readonly AsmItem[] {
  const { resolver } = at
  switch (step.kind) {
    case 'loadArgument':
      return [load('u64', step.dst, 'r1', 8 * placeOfArgument(step, at))]
    case 'loadField':
      return lowerLoadField(step, resolver)
    case 'storeField':
      return lowerStoreField(step, resolver)
    case 'loadPrivate':
      return [load(step.size, step.dst, step.sk, privateOffset(step, resolver))]
    case 'storePrivate':
      return [store(step.size, step.sk, privateOffset(step, resolver), step.src)]
    case 'loadEnum':
      return [mov32(step.dst, resolver.enumValue(step.enum, step.name))]
    case 'kfunc': {
      const id = resolver.kfunc(step.name)
      if (id !== undefined) return [callKfunc(id)]
      if (step.fallback === undefined) throw structOpsErrors.make('unknown-kfunc', { name: step.name })
      return step.fallback.flatMap((inner) => lowerStep(inner, at))
    }
    default:
      return [step]
  }
}

/** Where the target kernel passes an argument: found by pointee, then by position or name. */
function placeOfArgument(step: LoadArgument, at: Place): number {
  const { type, member, resolver } = at
  const pointees = resolver.pointees(type, member.name)
  const names = (): readonly string[] => resolver.parameterNames(type, member.name)
  const index = argumentIndex(step, pointees, names)
  if (index !== undefined) return index
  const found = pointees.map((pointee, at) => names()[at] || pointee || '?')
  throw structOpsErrors.make('unknown-argument', {
    callback: member.name,
    argument: step.name === '' ? `${step.index}` : step.name,
    found,
  })
}

function lowerLoadField(step: LoadField, resolver: Resolver): readonly AsmItem[] {
  const name = `${step.struct}.${step.field}`
  const at = resolver.field(step.struct, step.field)
  const size = scalarSize(name, at, 'loaded')
  if (step.size !== undefined) checkWidth(name, at, bytesOfSize[step.size])
  const read = load(size, step.dst, step.base, at.offset)
  if (at.bitfield === undefined) {
    if (!at.signed || at.size === 8 || step.zeroExtend === true) return [read]
    const up = 64 - 8 * at.size
    return [read, lsh(step.dst, up), arsh(step.dst, up)]
  }
  const { shift, bitSize } = at.bitfield
  if (at.signed) {
    const up = 64 - shift - bitSize
    return [read, ...(up === 0 ? [] : [lsh(step.dst, up)]), arsh(step.dst, 64 - bitSize)]
  }
  const down = shift === 0 ? [] : [rsh(step.dst, shift)]
  if (shift + bitSize === 8 * at.size) return [read, ...down]
  return bitSize < 32
    ? [read, ...down, and(step.dst, 2 ** bitSize - 1)]
    : [read, lsh(step.dst, 64 - shift - bitSize), rsh(step.dst, 64 - bitSize)]
}

function lowerStoreField(step: StoreField, resolver: Resolver): readonly AsmItem[] {
  const name = `${step.struct}.${step.field}`
  const at = resolver.field(step.struct, step.field)
  if (at.bitfield !== undefined)
    throw structOpsErrors.make('field-kind', { field: name, kind: 'bitfield', access: 'stored' })
  const size = scalarSize(name, at, 'stored')
  if (step.size !== undefined) checkWidth(name, at, bytesOfSize[step.size])
  return [store(size, step.base, at.offset, step.src)]
}

/** The width of a load or store of a field; throws where none does. */
export function scalarSize(field: string, at: FieldLocation, access: string): AccessSize {
  const size = sizeOfBytes[at.size]
  if (size === undefined || !scalarKinds.has(at.kind))
    throw structOpsErrors.make('field-kind', { field, kind: at.kind, access })
  return size
}

/** Throw unless a field is as wide as the program says. */
export function checkWidth(field: string, at: FieldLocation, wanted: number): void {
  if (at.size !== wanted || at.bitfield !== undefined)
    throw structOpsErrors.make('field-width', { field, size: at.size, wanted })
}

function privateOffset(step: LoadPrivate | StorePrivate, resolver: Resolver): number {
  const area = resolver.field('tcp_sock', 'icsk_ca_priv')
  const size = bytesOfSize[step.size]
  if (!Number.isInteger(step.offset) || step.offset < 0 || step.offset + size > area.size)
    throw structOpsErrors.make('private-range', { offset: step.offset, size, limit: area.size })
  return area.offset + step.offset
}
