import type { AluOp, Insn, JumpOp, Register, Swap, Width } from '@tscc/insn'
import { local, registerLocal } from './locals.ts'
import { wasm, wasmType } from './opcodes.ts'
import type { CodeWriter } from './wasm-writer.ts'

/** A pair of opcodes, of 64 and of 32 bits. */
type Pair = Readonly<Record<Width, number>>

const simple: Partial<Readonly<Record<AluOp, Pair>>> = {
  add: { 64: wasm.i64Add, 32: wasm.i32Add },
  sub: { 64: wasm.i64Sub, 32: wasm.i32Sub },
  mul: { 64: wasm.i64Mul, 32: wasm.i32Mul },
  or: { 64: wasm.i64Or, 32: wasm.i32Or },
  and: { 64: wasm.i64And, 32: wasm.i32And },
  xor: { 64: wasm.i64Xor, 32: wasm.i32Xor },
  // These take the count modulo the width, as BPF does
  lsh: { 64: wasm.i64Shl, 32: wasm.i32Shl },
  rsh: { 64: wasm.i64ShrU, 32: wasm.i32ShrU },
  arsh: { 64: wasm.i64ShrS, 32: wasm.i32ShrS },
}
const divisions: Partial<Readonly<Record<AluOp, Pair>>> = {
  div: { 64: wasm.i64DivU, 32: wasm.i32DivU },
  sdiv: { 64: wasm.i64DivS, 32: wasm.i32DivS },
  mod: { 64: wasm.i64RemU, 32: wasm.i32RemU },
  smod: { 64: wasm.i64RemS, 32: wasm.i32RemS },
}
const conditions: Partial<Readonly<Record<JumpOp, Pair>>> = {
  jeq: { 64: wasm.i64Eq, 32: wasm.i32Eq },
  jne: { 64: wasm.i64Ne, 32: wasm.i32Ne },
  jgt: { 64: wasm.i64GtU, 32: wasm.i32GtU },
  jge: { 64: wasm.i64GeU, 32: wasm.i32GeU },
  jlt: { 64: wasm.i64LtU, 32: wasm.i32LtU },
  jle: { 64: wasm.i64LeU, 32: wasm.i32LeU },
  jsgt: { 64: wasm.i64GtS, 32: wasm.i32GtS },
  jsge: { 64: wasm.i64GeS, 32: wasm.i32GeS },
  jslt: { 64: wasm.i64LtS, 32: wasm.i32LtS },
  jsle: { 64: wasm.i64LeS, 32: wasm.i32LeS },
}

/** Leave a register or an immediate, as an i64 or (32 bits) an i32. */
export function pushOperand(code: CodeWriter, width: Width, operand: Register | number): void {
  if (typeof operand === 'number') {
    if (width === 64) code.i64(BigInt(operand))
    else code.i32(operand)
    return
  }
  code.index(wasm.localGet, registerLocal(operand))
  if (width === 32) code.op(wasm.i32WrapI64)
}

/** Take what is left on the stack into a register; 32 bits are zero-extended. */
function popInto(code: CodeWriter, width: Width, register: Register): void {
  if (width === 32) code.op(wasm.i64ExtendI32U)
  code.index(wasm.localSet, registerLocal(register))
}

/** Binary arithmetic. */
export function emitAlu(code: CodeWriter, { op, width, dst, src }: Extract<Insn, { readonly kind: 'alu' }>): void {
  const opcode = simple[op]?.[width]
  if (op === 'mov') pushOperand(code, width, src)
  else if (opcode !== undefined) {
    pushOperand(code, width, dst)
    pushOperand(code, width, src)
    code.op(opcode)
  } else emitDivision(code, op, width, dst, src)
  popInto(code, width, dst)
}

/** By zero: 0, or the dividend as the remainder. WebAssembly traps there, and where the smallest number is divided by -1. */
function emitDivision(code: CodeWriter, op: AluOp, width: Width, dst: Register, src: Register | number): void {
  const opcode = divisions[op]?.[width] ?? wasm.unreachable
  const type = width === 64 ? wasmType.i64 : wasmType.i32
  const zero = (): void => (width === 64 ? code.i64(0n) : code.i32(0))
  const quotient = (): void => {
    pushOperand(code, width, dst)
    pushOperand(code, width, src)
    code.op(opcode)
  }
  const negated = (): void => {
    zero()
    pushOperand(code, width, dst)
    code.op(width === 64 ? wasm.i64Sub : wasm.i32Sub)
  }
  const byZero = (): void => (op === 'mod' || op === 'smod' ? pushOperand(code, width, dst) : zero())
  if (typeof src === 'number') {
    if (src === 0) byZero()
    else if (src === -1 && op === 'sdiv') negated()
    else quotient()
    return
  }
  pushOperand(code, width, src)
  code.op(width === 64 ? wasm.i64Eqz : wasm.i32Eqz, wasm.if, type)
  byZero()
  code.op(wasm.else)
  if (op === 'sdiv') {
    pushOperand(code, width, src)
    pushOperand(code, width, -1)
    code.op(width === 64 ? wasm.i64Eq : wasm.i32Eq, wasm.if, type)
    negated()
    code.op(wasm.else)
    quotient()
    code.op(wasm.end)
  } else quotient()
  code.op(wasm.end)
}

/** Negation. */
export function emitNeg(code: CodeWriter, { width, dst }: Extract<Insn, { readonly kind: 'neg' }>): void {
  if (width === 64) code.i64(0n)
  else code.i32(0)
  pushOperand(code, width, dst)
  code.op(width === 64 ? wasm.i64Sub : wasm.i32Sub)
  popInto(code, width, dst)
}

const extensions = { 8: wasm.i64Extend8S, 16: wasm.i64Extend16S, 32: wasm.i64Extend32S } as const

/** Sign-extending moves. */
export function emitMovSx(
  code: CodeWriter,
  { width, bits, dst, src }: Extract<Insn, { readonly kind: 'movsx' }>,
): void {
  pushOperand(code, 64, src)
  code.op(extensions[bits])
  if (width === 32) code.op(wasm.i32WrapI64)
  popInto(code, width, dst)
}

/** Byte order; the linear memory is little-endian. `swap` is the function that reverses eight bytes. */
export function emitSwap(code: CodeWriter, { order, bits, dst }: Swap, swap: number): void {
  pushOperand(code, 64, dst)
  if (order === 'le') {
    if (bits < 64) {
      code.i64((1n << BigInt(bits)) - 1n)
      code.op(wasm.i64And)
    }
  } else {
    code.index(wasm.call, swap)
    if (bits < 64) {
      code.i64(BigInt(64 - bits))
      code.op(wasm.i64ShrU)
    }
  }
  popInto(code, 64, dst)
}

/** Body of the function that reverses the bytes of its one parameter: pairs of bytes, pairs of pairs, halves. */
export function swapBody(code: CodeWriter): void {
  const exchange = (by: bigint, mask: bigint): void => {
    code.index(wasm.localGet, 0)
    code.i64(mask)
    code.op(wasm.i64And)
    code.i64(by)
    code.op(wasm.i64Shl)
    code.index(wasm.localGet, 0)
    code.i64(by)
    code.op(wasm.i64ShrU)
    code.i64(mask)
    code.op(wasm.i64And, wasm.i64Or)
    code.index(wasm.localSet, 0)
  }
  exchange(8n, 0x00ff_00ff_00ff_00ffn)
  exchange(16n, 0x0000_ffff_0000_ffffn)
  code.index(wasm.localGet, 0)
  code.i64(32n)
  code.op(wasm.i64Rotl)
}

/** Leave whether a conditional jump is taken. */
export function emitCondition(
  code: CodeWriter,
  { op, width, dst, src }: Extract<Insn, { readonly kind: 'jump' }>,
): void {
  pushOperand(code, width, dst)
  if (src === 0 && (op === 'jeq' || op === 'jne')) {
    code.op(width === 64 ? wasm.i64Eqz : wasm.i32Eqz)
    if (op === 'jne') code.op(wasm.i32Eqz)
    return
  }
  pushOperand(code, width, src)
  if (op !== 'jset') {
    code.op(conditions[op]?.[width] ?? wasm.unreachable)
    return
  }
  if (width === 64) {
    code.op(wasm.i64And)
    code.i64(0n)
    code.op(wasm.i64Ne)
  } else code.op(wasm.i32And)
}

/** The condition of a may_goto: its count is spent; it goes down otherwise. */
export function emitMayGoto(code: CodeWriter): void {
  code.index(wasm.localGet, local.mayGoto)
  code.op(wasm.i32Eqz)
  code.index(wasm.localGet, local.mayGoto)
  code.index(wasm.localGet, local.mayGoto)
  code.i32(0)
  code.op(wasm.i32Ne, wasm.i32Sub)
  code.index(wasm.localSet, local.mayGoto)
}
