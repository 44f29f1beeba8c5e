import {
  type AsmItem,
  add,
  arsh,
  callKfunc,
  type Insn,
  ja,
  jeq,
  label,
  ldImm64,
  load,
  lsh,
  mov,
  mov32,
  type Register,
  rsh,
  store,
  sub,
  type WritableRegister,
} from '@tscc/insn'
import type { ArgumentRef, CoreKind } from '@tscc/object'
import { CALLBACK_BEFORE } from '../building-blocks/callbacks.ts'
import { describeStep } from '../describe-step.ts'
import { structOpsErrors } from '../errors.ts'
import { labelJumps } from '../label-jumps.ts'
import { bytesOfSize, checkWidth, scalarSize } from '../lower-step.ts'
import type { CallKfunc, LoadArgument, LoadField, LoadPrivate, Step, StoreField, StorePrivate } from '../spec.ts'
import type { LocalBtf, LocalField } from './local-btf.ts'

/** What the target kernel decides about one instruction. */
export type Portable =
  | { readonly kind: 'core'; readonly core: CoreKind; readonly typeId: number; access(): string }
  | { readonly kind: 'argument'; readonly argument: ArgumentRef }
  /** A call of a function of this program, or the load of its address. */
  | { readonly kind: 'call' | 'function'; readonly label: string }
  | { readonly kind: 'kfunc'; readonly name: string; readonly call: boolean; readonly weak: boolean }

/** An item of the assembler; `portable` is what has to be done to it for one kernel. */
export interface PortableItem {
  readonly item: AsmItem
  readonly portable?: Portable
}

/** Where a step is lowered. */
export interface PortablePlace {
  readonly type: string
  readonly callback: string
  readonly btf: LocalBtf
  readonly littleEndian: boolean
  /** A label that was never given before. */
  fresh(): string
}

/** Turn one step into instructions that do not know their kernel, with what is to be relocated in them. */
export function lowerPortable(step: Step, at: PortablePlace): readonly PortableItem[] {
  switch (step.kind) {
    case 'loadArgument':
      return loadArgument(step, at)
    case 'loadField':
      return loadPortable(step, at)
    case 'storeField':
      return [storePortable(step, at)]
    case 'loadPrivate':
      return loadPrivate(step, at)
    case 'storePrivate':
      return storePrivate(step, at)
    case 'loadEnum': {
      const { localTypeId, value, access } = at.btf.enumerator(step.enum, step.name)
      const portable: Portable = { kind: 'core', core: 'enumval_value', typeId: localTypeId, access }
      return [{ item: mov32(step.dst, value), portable }]
    }
    case 'kfunc':
      return callPortable(step, at)
    case 'callKfunc':
      throw notPortable(step, at, 'a kfunc by number is of one kernel; name it')
    case 'callFunc':
      if (typeof step.target !== 'string') throw notPortable(step, at, 'functions of a program go by label')
      return [{ item: callKfunc(0), portable: { kind: 'call', label: step.target } }]
    case 'ldImm64':
      if (step.source === 'func' && typeof step.target === 'string')
        return [{ item: ldImm64(step.dst, 0n), portable: { kind: 'function', label: step.target } }]
      if (step.source !== 'value') throw notPortable(step, at, 'descriptors and addresses are of one process')
      return [{ item: step }]
    default:
      return [{ item: step }]
  }
}

function notPortable(step: Step, at: PortablePlace, why: string): Error {
  return structOpsErrors.make('not-portable', { callback: at.callback, step: describeStep(step), why })
}

/**
 * An argument where the spec says that it is; tscc's linker binds it to where the target kernel has it. For others, what
 * lay elsewhere on older kernels is loaded from there if the callback's prototype is not the one of the types:
 *
 *     dst = prototype matches                    relocated
 *     if dst == 0 goto before
 *     dst = argument, as written for             bound by tscc
 *     goto done
 *     before: dst = argument, as it was          bound by tscc
 */
function loadArgument(step: LoadArgument, at: PortablePlace): readonly PortableItem[] {
  const { kind: _, dst, ...argument } = step
  const read = (index: number): PortableItem => ({
    item: load('u64', dst, 'r1', 8 * index),
    portable: { kind: 'argument', argument },
  })
  const before = CALLBACK_BEFORE[`${at.type}.${at.callback}`]?.indexOf(step.name) ?? -1
  // r1 is the only way to the arguments, so that it cannot hold the answer.
  if (before < 0 || before === step.index || dst === 'r1') return [read(step.index)]
  const old = at.fresh()
  const done = at.fresh()
  const typeId = at.btf.prototype(at.type, at.callback)
  return [
    { item: mov(dst, 1), portable: { kind: 'core', core: 'type_matches', typeId, access: () => '0' } },
    { item: jeq(dst, 0, old) },
    read(step.index),
    { item: ja(done) },
    { item: label(old) },
    read(before),
    { item: label(done) },
  ]
}

const relocated = (item: Insn, core: CoreKind, field: LocalField): PortableItem => ({
  item,
  portable: { kind: 'core', core, typeId: field.localTypeId, access: field.access },
})

function loadPortable(step: LoadField, at: PortablePlace): readonly PortableItem[] {
  const name = `${step.struct}.${step.field}`
  const field = at.btf.field(step.struct, step.field)
  const size = scalarSize(name, field, 'loaded')
  if (step.size !== undefined) checkWidth(name, field, bytesOfSize[step.size])
  if (field.bitfield !== undefined) return loadBitfield(step, field, field.bitfield.bitSize, at)
  const read = relocated(load(size, step.dst, step.base, field.byteOffset), 'field_byte_offset', field)
  if (!field.signed || field.size === 8 || step.zeroExtend === true) return [read]
  const up = 64 - 8 * field.size
  return [read, { item: lsh(step.dst, up) }, { item: arsh(step.dst, up) }]
}

/**
 * A bitfield may move, and be declared in another integer: its offset, that integer's size and two shifts are relocated.
 * The size is a constant to the verifier, which removes the loads of other sizes.
 *
 *     dst = SIZE                                 relocated
 *     if dst == 1, 2, 4: load that many bytes    each load relocated
 *     else: load 8 bytes
 *     dst <<= LSHIFT; dst >>= RSHIFT             relocated
 *
 * Where dst is the base there is no place for the size. In little endian 8 bytes will do, since LSHIFT drops what is above
 * the bitfield.
 */
function loadBitfield(step: LoadField, field: LocalField, bitSize: number, at: PortablePlace): readonly PortableItem[] {
  const { dst, base } = step
  const read = (size: 'u8' | 'u16' | 'u32' | 'u64'): PortableItem =>
    relocated(load(size, dst, base, field.byteOffset), 'field_byte_offset', field)
  // What the relocation gives in the object's own BTF.
  const left = at.littleEndian ? 64 - field.firstBit - bitSize : 64 - 8 * field.declaredSize + field.firstBit
  const shifts = [
    relocated(lsh(dst, left), 'field_lshift_u64', field),
    relocated(field.signed ? arsh(dst, 64 - bitSize) : rsh(dst, 64 - bitSize), 'field_rshift_u64', field),
  ]
  if (dst === base) {
    if (at.littleEndian) return [read('u64'), ...shifts]
    throw notPortable(step, at, 'in big endian a bitfield is loaded into another register than its base')
  }
  const done = at.fresh()
  const sizes = [1, 2, 4].map((bytes) => ({ bytes, name: at.fresh() }))
  const narrow = { 1: 'u8', 2: 'u16', 4: 'u32' } as const
  return [
    relocated(mov(dst, field.declaredSize), 'field_byte_size', field),
    ...sizes.map(({ bytes, name }) => ({ item: jeq(dst, bytes, name) })),
    read('u64'),
    ...sizes.flatMap(({ bytes, name }) => [
      { item: ja(done) },
      { item: label(name) },
      read(narrow[bytes as keyof typeof narrow]), // the list above has no others
    ]),
    { item: label(done) },
    ...shifts,
  ]
}

function storePortable(step: StoreField, at: PortablePlace): PortableItem {
  const name = `${step.struct}.${step.field}`
  const field = at.btf.field(step.struct, step.field)
  if (field.bitfield !== undefined)
    throw structOpsErrors.make('field-kind', { field: name, kind: 'bitfield', access: 'stored' })
  const size = scalarSize(name, field, 'stored')
  if (step.size !== undefined) checkWidth(name, field, bytesOfSize[step.size])
  return relocated(store(size, step.base, field.byteOffset, step.src), 'field_byte_offset', field)
}

/** The private area as an array of u64, and where in it a step's bytes lie. */
function privateArea(
  step: LoadPrivate | StorePrivate,
  at: PortablePlace,
): { readonly area: LocalField; readonly element: LocalField | undefined } {
  const area = at.btf.field('tcp_sock', 'icsk_ca_priv')
  const size = bytesOfSize[step.size]
  if (!Number.isInteger(step.offset) || step.offset < 0 || step.offset + size > area.size)
    throw structOpsErrors.make('private-range', { offset: step.offset, size, limit: area.size })
  // No relocation reaches into an element, so that only what starts one is named directly.
  const aligned = step.offset % PRIVATE_ELEMENT === 0
  return {
    area,
    element: aligned ? at.btf.field('tcp_sock', `icsk_ca_priv[${step.offset / PRIVATE_ELEMENT}]`) : undefined,
  }
}

/** Bytes of an element of `icsk_ca_priv`: it is an array of u64 on every kernel. */
const PRIVATE_ELEMENT = 8

function loadPrivate(step: LoadPrivate, at: PortablePlace): readonly PortableItem[] {
  const { dst, sk, size, offset } = step
  const { area, element } = privateArea(step, at)
  if (element !== undefined) return [relocated(load(size, dst, sk, element.byteOffset), 'field_byte_offset', element)]
  return [
    ...(dst === sk ? [] : [{ item: mov(dst, sk) }]),
    relocated(add(dst, area.byteOffset), 'field_byte_offset', area),
    { item: load(size, dst, dst, offset) },
  ]
}

/** Between elements, sk itself goes to the area and back: no other register is known to be free. */
function storePrivate(step: StorePrivate, at: PortablePlace): readonly PortableItem[] {
  const { sk, size, offset, src } = step
  const { area, element } = privateArea(step, at)
  if (element !== undefined) return [relocated(store(size, sk, element.byteOffset, src), 'field_byte_offset', element)]
  if (!isWritable(sk) || src === sk) throw notPortable(step, at, `${sk} cannot be moved to the private state and back`)
  return [
    relocated(add(sk, area.byteOffset), 'field_byte_offset', area),
    { item: store(size, sk, offset, src) },
    relocated(sub(sk, area.byteOffset), 'field_byte_offset', area),
  ]
}

const isWritable = (register: Register): register is WritableRegister => register !== 'r10'

/**
 * The call of a kfunc; with a fallback, that of one that the kernel may lack:
 *
 *     r0 = address of the kfunc, 0 where there is none      relocated
 *     if r0 == 0 goto fallback
 *     call kfunc                                            relocated
 */
function callPortable(step: CallKfunc, at: PortablePlace): readonly PortableItem[] {
  const { name, fallback } = step
  const weak = fallback !== undefined
  const call: PortableItem = { item: callKfunc(0), portable: { kind: 'kfunc', name, call: true, weak } }
  if (fallback === undefined) return [call]
  const absent = at.fresh()
  const end = at.fresh()
  return [
    { item: ldImm64('r0', 0n), portable: { kind: 'kfunc', name, call: false, weak } },
    { item: jeq('r0', 0, absent) },
    call,
    { item: ja(end) },
    { item: label(absent) },
    ...labelJumps(fallback, `${absent} `).flatMap(({ step: inner }) => lowerPortable(inner, at)),
    { item: label(end) },
  ]
}
