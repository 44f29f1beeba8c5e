import type { AsmItem, Insn, Register, WritableRegister } from '@tscc/insn'
import * as insn from '@tscc/insn'
import type { ArgumentRef, CoreKind } from '@tscc/object'
import type { LocalBtf, LocalField } from '@tscc/struct-ops/object'
import { NOWHERE, type Span } from '../diagnostics.ts'
import {
  type Bits,
  BYTES,
  type Condition,
  type Cpu,
  type Instr,
  type IrFunction,
  type MemoryAccess,
  OPPOSITE,
  type Operand,
  type Terminator,
  type Width,
} from '../ir/ir.ts'
import { PRIVATE_ELEMENT } from '../passes/place-private.ts'
import { placeBlocks } from './place-blocks.ts'

/** What the target kernel, or another part of the object, decides about one instruction. */
export type Portable =
  | { readonly kind: 'core'; readonly core: CoreKind; readonly typeId: number; access(): string }
  | { readonly kind: 'argument'; readonly argument: ArgumentRef }
  | { readonly kind: 'map'; readonly map: string }
  | { readonly kind: 'data'; readonly map: string; readonly offset: number }
  | { readonly kind: 'call' | 'function'; readonly name: string }
  | { readonly kind: 'kfunc'; readonly name: string; readonly weak: boolean }
  | { readonly kind: 'version' }

/** An item of the assembler, what has to be done to it, and where in the source it is from. */
export interface CodeItem {
  readonly item: AsmItem
  readonly portable?: Portable
  readonly span: Span
}

/** Where code is made. */
export interface CodePlace {
  readonly cpu: Cpu
  readonly btf: LocalBtf
  /** Argument positions that older kernels have, by name, for loaders that cannot bind them. */
  readonly before: readonly string[]
  /** In the types: id and size of a struct, 0 where there is none. */
  structOf(name: string): { readonly id: number; readonly size: number }
  /** The struct_ops type and callback, for the guard of moved arguments; undefined for functions. */
  readonly callback?: { readonly type: string; readonly member: string }
}

/** Instructions of a function whose registers are those of the machine; `frame` is where objects and spilled registers lie. */
export function codeOf(f: IrFunction, frame: Frame, place: CodePlace): readonly CodeItem[] {
  const items: CodeItem[] = []
  const targets = new Set<number>()
  const order = placeBlocks(f)
  let fresh = 0
  const writer: Writer = { place, frame, label: () => `@${fresh++}` }
  let span: Span = NOWHERE
  for (const [i, at] of order.entries()) {
    const block = f.blocks[at]
    if (block === undefined) continue
    items.push({ item: insn.label(labelOf(at)), span })
    for (const instr of block.instrs) {
      span = instr.span
      for (const { item, portable } of instrCode(instr, writer))
        items.push(portable === undefined ? { item, span } : { item, portable, span })
    }
    // A return falls through to one that is there anyway.
    const next = f.blocks[order[i + 1] ?? -1]
    if (block.end.op === 'return' && next?.end.op === 'return' && next.instrs.length === 0) continue
    for (const item of endCode(shortened(f, block.end, order[i + 1]), order[i + 1], targets, place.cpu))
      items.push({ item, span })
  }
  return reachable(items, new Set(Array.from(targets, labelOf)))
}

const labelOf = (block: number): string => `b${block}`

/** Without labels that nothing jumps to, and without a return that all jumps to it have become themselves. */
function reachable(items: readonly CodeItem[], named: ReadonlySet<string>): readonly CodeItem[] {
  const kept: CodeItem[] = []
  let orphan = false
  for (const one of items) {
    const { item } = one
    if (item.kind === 'label') {
      const isBlock = item.name.startsWith('b')
      const last = kept.at(-1)?.item.kind
      orphan = isBlock && !named.has(item.name) && (last === 'ja' || last === 'exit')
      if (!isBlock || named.has(item.name)) kept.push(one)
    } else if (!orphan) kept.push(one)
  }
  return kept
}

/** Where things lie below r10. */
export interface Frame {
  objectOffset(object: number): number
  slotOffset(slot: number): number
}

interface Writer {
  readonly place: CodePlace
  readonly frame: Frame
  label(): string
}

type Made = Omit<CodeItem, 'span'>

const NAMES: readonly WritableRegister[] = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9']
const nameOf = (register: number): WritableRegister => NAMES[register] ?? 'r0' // colours are r0 to r9

/** A jump to nothing but a return is that return. */
function shortened(f: IrFunction, end: Terminator, next: number | undefined): Terminator {
  if (end.op !== 'jump' || end.to === next) return end
  const target = f.blocks[end.to]
  return target?.instrs.length === 0 && target.end.op === 'return' ? target.end : end
}

function instrCode(instr: Instr, writer: Writer): readonly Made[] {
  switch (instr.op) {
    case 'move':
      return moveCode(instr.dst, instr.a, instr.width, writer.place.cpu)
    case 'binary':
      return binaryCode(instr)
    case 'extend': {
      const from = nameOf('reg' in instr.a ? instr.a.reg : 0)
      if (instr.width === 64) return [{ item: insn.movsx(nameOf(instr.dst), from, instr.bits) }]
      return [{ item: insn.movsx32(nameOf(instr.dst), from, instr.bits === 8 ? 8 : 16) }]
    }
    case 'negate':
      return [{ item: instr.width === 32 ? insn.neg32(nameOf(instr.dst)) : insn.neg(nameOf(instr.dst)) }]
    case 'argument':
      return argumentCode(instr, writer)
    case 'parameter':
      return []
    case 'load':
      return loadCode(instr, writer)
    case 'store':
    case 'atomicAdd':
      return storeCode(instr, writer)
    case 'question':
      return questionCode(instr, writer)
    case 'address':
      return addressCode(instr, writer)
    case 'fieldAddress': {
      const field = writer.place.btf.field(instr.struct, instr.field)
      return [relocated(insn.add(nameOf(instr.dst), field.byteOffset), 'field_byte_offset', field)]
    }
    case 'call':
      return callCode(instr)
    case 'loadSpill':
      return [{ item: insn.load('u64', nameOf(instr.dst), 'r10', writer.frame.slotOffset(instr.slot)) }]
    case 'storeSpill':
      return [{ item: insn.store('u64', 'r10', writer.frame.slotOffset(instr.slot), sourceOf(instr.a, 64)) }]
  }
}

function binaryCode({ fn, width, dst, b }: Extract<Instr, { op: 'binary' }>): readonly Made[] {
  return [{ item: operations[fn][width === 32 ? 0 : 1](nameOf(dst), sourceOf(b, width)) }]
}

function copyCode(to: number, from: number, width: Width): readonly Made[] {
  return [{ item: (width === 32 ? insn.mov32 : insn.mov)(nameOf(to), nameOf(from)) }]
}

function sourceOf(operand: Operand, width: Width): WritableRegister | number {
  return 'reg' in operand ? nameOf(operand.reg) : Number(BigInt.asIntN(width === 32 ? 32 : 64, operand.imm))
}

function moveCode(to: number, a: Operand, width: Width, cpu: Cpu): readonly Made[] {
  if ('reg' in a) return copyCode(to, a.reg, width)
  const dst = nameOf(to)
  const value = BigInt.asIntN(64, a.imm)
  if (width === 32 || (hasAlu32(cpu) && value >= 0n && BigInt.asUintN(32, value) === value))
    return [{ item: insn.mov32(dst, Number(BigInt.asIntN(32, value))) }]
  if (BigInt.asIntN(32, value) === value) return [{ item: insn.mov(dst, Number(value)) }]
  return [{ item: insn.ldImm64(dst, BigInt.asUintN(64, value)) }]
}

const hasAlu32 = (cpu: Cpu): boolean => cpu === 'v3' || cpu === 'v4'

/**
 * An argument where the types have it; tscc's linker binds it to where the target kernel has it. For other loaders, what lay
 * elsewhere on older kernels is loaded from there if the callback's prototype is not the one of the types.
 */
function argumentCode(instr: Extract<Instr, { op: 'argument' }>, { place, label }: Writer): readonly Made[] {
  const dst = nameOf(instr.dst)
  const { name, pointee, index, arity } = instr
  const argument: ArgumentRef = { name, ...(pointee === undefined ? {} : { pointee }), index, arity }
  const read = (at: number): Made => ({
    item: insn.load(instr.size, dst, 'r1', 8 * at),
    portable: { kind: 'argument', argument },
  })
  const before = place.before.indexOf(name)
  // r1 is the only way to the arguments, so that it cannot hold the answer.
  if (before < 0 || before === index || dst === 'r1' || place.callback === undefined) return [read(index)]
  const [old, done] = [label(), label()]
  const typeId = place.btf.prototype(place.callback.type, place.callback.member)
  return [
    { item: insn.mov(dst, 1), portable: { kind: 'core', core: 'type_matches', typeId, access: () => '0' } },
    { item: insn.jeq(dst, 0, old) },
    read(index),
    { item: insn.ja(done) },
    { item: insn.label(old) },
    read(before),
    { item: insn.label(done) },
  ]
}

const relocated = (item: Insn, core: CoreKind, field: LocalField): Made => ({
  item,
  portable: { kind: 'core', core, typeId: field.localTypeId, access: field.access },
})

const baseOf = (base: Operand): Register => ('reg' in base ? nameOf(base.reg) : 'r10')

function loadCode(instr: Extract<Instr, { op: 'load' }>, { place, frame }: Writer): readonly Made[] {
  const dst = nameOf(instr.dst)
  const base = baseOf(instr.base)
  switch (instr.place.kind) {
    case 'field': {
      const { struct, field: path, bits } = instr.place
      const field = place.btf.field(struct, path)
      if (bits !== undefined) return bitfieldCode(dst, base, field, bits, place.cpu)
      return [relocated(insn.load(instr.size, dst, base, field.byteOffset), 'field_byte_offset', field)]
    }
    case 'private': {
      const element = privateElement(place.btf, instr.place.offset)
      return [relocated(insn.load(instr.size, dst, base, element.byteOffset), 'field_byte_offset', element)]
    }
    case 'memory':
      return [{ item: insn.load(instr.size, dst, base, memoryOffset(instr, frame)) }]
  }
}

/**
 * A bitfield may move, and be declared in another integer: its offset and two shifts are relocated. 8 bytes are loaded, since
 * the first shift drops what is above it, in little endian.
 */
function bitfieldCode(dst: WritableRegister, base: Register, field: LocalField, bits: Bits, cpu: Cpu): readonly Made[] {
  const size = field.bitfield?.bitSize ?? 8 * field.size
  const left = 64 - field.firstBit - size
  return [
    relocated(insn.load('u64', dst, base, field.byteOffset), 'field_byte_offset', field),
    relocated(insn.lsh(dst, left), 'field_lshift_u64', field),
    relocated(bits === 'signed' ? insn.arsh(dst, 64 - size) : insn.rsh(dst, 64 - size), 'field_rshift_u64', field),
    ...(bits === 'signed' ? zerosAbove(dst, cpu) : []),
  ]
}

const zerosAbove = (dst: WritableRegister, cpu: Cpu): readonly Made[] =>
  hasAlu32(cpu) ? [{ item: insn.mov32(dst, dst) }] : [{ item: insn.lsh(dst, 32) }, { item: insn.rsh(dst, 32) }]

const privateElement = (btf: LocalBtf, offset: number): LocalField =>
  btf.field('tcp_sock', `icsk_ca_priv[${offset / PRIVATE_ELEMENT}]`)

/** From the base, which is r10 for an object on the stack that is named directly. */
function memoryOffset(instr: MemoryAccess, frame: Frame): number {
  if (instr.place.kind !== 'memory') return 0
  const object = 'imm' in instr.base ? /^stack (\d+)$/.exec(instr.place.region)?.[1] : undefined
  return instr.place.offset + (object === undefined ? 0 : frame.objectOffset(Number(object)))
}

function storeCode(instr: Extract<Instr, { op: 'store' | 'atomicAdd' }>, { place, frame }: Writer): readonly Made[] {
  const base = baseOf(instr.base)
  const bits = 8 * BYTES[instr.size]
  // Of a number only what is stored has room in the instruction.
  const source = 'imm' in instr.a ? Number(BigInt.asIntN(bits, instr.a.imm)) : nameOf(instr.a.reg)
  const make = (offset: number): Insn => {
    if (instr.op === 'store') return insn.store(instr.size, base, offset, source)
    if (typeof source === 'number') throw new Error('an atomic operation takes a register')
    return insn.atomicAdd(instr.size, base, offset, source)
  }
  switch (instr.place.kind) {
    case 'field': {
      const field = place.btf.field(instr.place.struct, instr.place.field)
      return [relocated(make(field.byteOffset), 'field_byte_offset', field)]
    }
    case 'private': {
      const element = privateElement(place.btf, instr.place.offset)
      return [relocated(make(element.byteOffset), 'field_byte_offset', element)]
    }
    case 'memory':
      return [{ item: make(memoryOffset(instr, frame)) }]
  }
}

const constant = (dst: WritableRegister, value: number, cpu: Cpu): Insn =>
  hasAlu32(cpu) ? insn.mov32(dst, value) : insn.mov(dst, value)

function questionCode({ dst: to, ask }: Extract<Instr, { op: 'question' }>, { place }: Writer): readonly Made[] {
  const dst = nameOf(to)
  const { btf } = place
  const core = (item: Insn, kind: CoreKind, typeId: number, access: () => string = () => '0'): readonly Made[] => [
    { item, portable: { kind: 'core', core: kind, typeId, access } },
  ]
  switch (ask.kind) {
    case 'enumerator': {
      const { localTypeId, value, access } = btf.enumerator(ask.enum, ask.name)
      if (ask.wide !== undefined) return core(insn.ldImm64(dst, ask.wide), 'enumval_value', localTypeId, access)
      return core(constant(dst, value, place.cpu), 'enumval_value', localTypeId, access)
    }
    case 'enumeratorExists': {
      const { localTypeId, access } = btf.enumerator(ask.enum, ask.name)
      return core(insn.mov(dst, 1), 'enumval_exists', localTypeId, access)
    }
    case 'fieldExists': {
      const field = btf.field(ask.struct, ask.field)
      return core(insn.mov(dst, 1), 'field_exists', field.localTypeId, field.access)
    }
    case 'typeExists':
      return core(insn.mov(dst, 1), 'type_exists', btf.typeId(place.structOf(ask.struct).id))
    case 'typeSize': {
      const { id, size } = place.structOf(ask.struct)
      return core(constant(dst, size, place.cpu), 'type_size', btf.typeId(id))
    }
    case 'kfunc':
      return [{ item: insn.ldImm64(dst, 0n), portable: { kind: 'kfunc', name: ask.name, weak: true } }]
    case 'version':
      return [{ item: insn.ldImm64(dst, 0n), portable: { kind: 'version' } }, { item: insn.load('u32', dst, dst, 0) }]
  }
}

function addressCode({ dst: to, of }: Extract<Instr, { op: 'address' }>, { frame }: Writer): readonly Made[] {
  const dst = nameOf(to)
  switch (of.kind) {
    case 'stack':
      return [{ item: insn.mov(dst, 'r10') }, { item: insn.add(dst, frame.objectOffset(of.object)) }]
    case 'map':
      return [{ item: insn.ldImm64(dst, 0n), portable: { kind: 'map', map: of.map } }]
    case 'data':
      return [{ item: insn.ldImm64(dst, 0n), portable: { kind: 'data', map: of.map, offset: of.offset } }]
    case 'function':
      return [{ item: insn.ldImm64(dst, 0n), portable: { kind: 'function', name: of.name } }]
  }
}

function callCode({ callee }: Extract<Instr, { op: 'call' }>): readonly Made[] {
  switch (callee.kind) {
    case 'helper':
      return [{ item: insn.callHelper(callee.id) }]
    case 'kfunc':
      return [{ item: insn.callKfunc(0), portable: { kind: 'kfunc', name: callee.name, weak: callee.weak } }]
    case 'function':
      return [{ item: insn.callKfunc(0), portable: { kind: 'call', name: callee.name } }]
  }
}

/** Of 32 and of 64 bits. */
const operations = {
  add: [insn.add32, insn.add],
  sub: [insn.sub32, insn.sub],
  mul: [insn.mul32, insn.mul],
  div: [insn.div32, insn.div],
  mod: [insn.mod32, insn.mod],
  and: [insn.and32, insn.and],
  or: [insn.or32, insn.or],
  xor: [insn.xor32, insn.xor],
  lsh: [insn.lsh32, insn.lsh],
  rsh: [insn.rsh32, insn.rsh],
  arsh: [insn.arsh32, insn.arsh],
  sdiv: [insn.sdiv32, insn.sdiv],
  smod: [insn.smod32, insn.smod],
} as const
const jumps = {
  eq: [insn.jeq32, insn.jeq],
  ne: [insn.jne32, insn.jne],
  lt: [insn.jlt32, insn.jlt],
  le: [insn.jle32, insn.jle],
  gt: [insn.jgt32, insn.jgt],
  ge: [insn.jge32, insn.jge],
  slt: [insn.jslt32, insn.jslt],
  sle: [insn.jsle32, insn.jsle],
  sgt: [insn.jsgt32, insn.jsgt],
  sge: [insn.jsge32, insn.jsge],
} as const

/** Conditions that came with cpu v2: before it, what holds where they do not is all that can be asked for. */
const OF_V2: ReadonlySet<Condition> = new Set(['lt', 'le', 'slt', 'sle'])

function endCode(end: Terminator, next: number | undefined, targets: Set<number>, cpu: Cpu): readonly AsmItem[] {
  const to = (block: number): string => {
    targets.add(block)
    return labelOf(block)
  }
  switch (end.op) {
    case 'jump':
      return end.to === next ? [] : [insn.ja(to(end.to))]
    case 'return':
      return [insn.exit()]
    case 'branch': {
      const a = 'reg' in end.a ? nameOf(end.a.reg) : 'r0'
      const b = 'reg' in end.b ? nameOf(end.b.reg) : Number(BigInt.asIntN(32, end.b.imm))
      const jump = (condition: Condition, block: number): AsmItem =>
        jumps[condition][end.width === 32 ? 0 : 1](a, b, to(block))
      const lacks = (condition: Condition): boolean => cpu === 'v1' && OF_V2.has(condition)
      const ways = (condition: Condition, to1: number, to2: number): readonly AsmItem[] =>
        to2 === next ? [jump(condition, to1)] : [jump(condition, to1), insn.ja(to(to2))]
      if (lacks(end.if)) return ways(OPPOSITE[end.if], end.no, end.yes)
      if (end.yes === next && lacks(OPPOSITE[end.if])) return ways(end.if, end.yes, end.no)
      if (end.yes === next) return [jump(OPPOSITE[end.if], end.no)]
      return [jump(end.if, end.yes), ...(end.no === next ? [] : [insn.ja(to(end.no))])]
    }
  }
}

/** Bytes of objects and spilled registers below r10, and where each lies. */
export function frameOf(objects: readonly number[], slots: number): Frame & { readonly size: number } {
  const offsets: number[] = []
  let size = 0
  for (const bytes of objects) {
    size += Math.ceil(bytes / BYTES.u64) * BYTES.u64
    offsets.push(-size)
  }
  return {
    size: size + slots * BYTES.u64,
    objectOffset: (object) => offsets[object] ?? 0,
    slotOffset: (slot) => -size - BYTES.u64 * (slot + 1),
  }
}
