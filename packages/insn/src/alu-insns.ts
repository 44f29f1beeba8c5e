import { buildInsn } from './build-insn.ts'
import type { Alu, AluOp, MovSx, Neg, Register, Swap, Width, WritableRegister } from './insn.ts'

type BinaryConstructor = (dst: WritableRegister, src: Register | number) => Alu

const alu =
  (width: Width, op: AluOp): BinaryConstructor =>
  (dst, src) =>
    buildInsn({ kind: 'alu', width, op, dst, src })
const swap =
  (order: Swap['order'], bits: Swap['bits']) =>
  (dst: WritableRegister): Swap =>
    buildInsn({ kind: 'swap', order, bits, dst })

// 64 bits: an immediate is sign-extended from 32 (RFC 9669 section 4.1).

/** `dst += src` */
export const add: BinaryConstructor = alu(64, 'add')
/** `dst -= src` */
export const sub: BinaryConstructor = alu(64, 'sub')
/** `dst *= src` */
export const mul: BinaryConstructor = alu(64, 'mul')
/** `dst /= src`, unsigned; by zero gives 0. */
export const div: BinaryConstructor = alu(64, 'div')
/** `dst s/= src`, signed (cpu v4); by zero gives 0. */
export const sdiv: BinaryConstructor = alu(64, 'sdiv')
/** `dst |= src` */
export const or: BinaryConstructor = alu(64, 'or')
/** `dst &= src` */
export const and: BinaryConstructor = alu(64, 'and')
/** `dst <<= src` */
export const lsh: BinaryConstructor = alu(64, 'lsh')
/** `dst >>= src`, zeros from the left. */
export const rsh: BinaryConstructor = alu(64, 'rsh')
/** `dst %= src`, unsigned; by zero leaves dst. */
export const mod: BinaryConstructor = alu(64, 'mod')
/** `dst s%= src`, signed (cpu v4); by zero leaves dst. */
export const smod: BinaryConstructor = alu(64, 'smod')
/** `dst ^= src` */
export const xor: BinaryConstructor = alu(64, 'xor')
/** `dst = src` */
export const mov: BinaryConstructor = alu(64, 'mov')
/** `dst s>>= src`, the sign from the left. */
export const arsh: BinaryConstructor = alu(64, 'arsh')

// 32 bits: the upper half of dst becomes zero; an immediate may be given as s32 or u32.

/** `w += src` */
export const add32: BinaryConstructor = alu(32, 'add')
/** `w -= src` */
export const sub32: BinaryConstructor = alu(32, 'sub')
/** `w *= src` */
export const mul32: BinaryConstructor = alu(32, 'mul')
/** `w /= src`, unsigned; by zero gives 0. */
export const div32: BinaryConstructor = alu(32, 'div')
/** `w s/= src`, signed (cpu v4); by zero gives 0. */
export const sdiv32: BinaryConstructor = alu(32, 'sdiv')
/** `w |= src` */
export const or32: BinaryConstructor = alu(32, 'or')
/** `w &= src` */
export const and32: BinaryConstructor = alu(32, 'and')
/** `w <<= src` */
export const lsh32: BinaryConstructor = alu(32, 'lsh')
/** `w >>= src`, zeros from the left. */
export const rsh32: BinaryConstructor = alu(32, 'rsh')
/** `w %= src`, unsigned; by zero leaves the lower half of dst. */
export const mod32: BinaryConstructor = alu(32, 'mod')
/** `w s%= src`, signed (cpu v4); by zero leaves the lower half of dst. */
export const smod32: BinaryConstructor = alu(32, 'smod')
/** `w ^= src` */
export const xor32: BinaryConstructor = alu(32, 'xor')
/** `w = src` */
export const mov32: BinaryConstructor = alu(32, 'mov')
/** `w s>>= src`, the sign from the left. */
export const arsh32: BinaryConstructor = alu(32, 'arsh')

/** `dst = -dst` */
export const neg = (dst: WritableRegister): Neg => buildInsn({ kind: 'neg', width: 64, dst })
/** `w = -w` */
export const neg32 = (dst: WritableRegister): Neg => buildInsn({ kind: 'neg', width: 32, dst })

/** `dst = (s8|s16|s32)src`: sign-extend the low `bits` to 64 (cpu v4). */
export const movsx = (dst: WritableRegister, src: Register, bits: 8 | 16 | 32): MovSx =>
  buildInsn({ kind: 'movsx', width: 64, bits, dst, src })
/** `w = (s8|s16)w`: sign-extend the low `bits` to 32, the upper half becomes zero (cpu v4). */
export const movsx32 = (dst: WritableRegister, src: Register, bits: 8 | 16): MovSx =>
  buildInsn({ kind: 'movsx', width: 32, bits, dst, src })

/** Host to little endian or back, the low 16 bits; the rest becomes zero. */
export const le16: (dst: WritableRegister) => Swap = swap('le', 16)
/** Host to little endian or back, the low 32 bits; the rest becomes zero. */
export const le32: (dst: WritableRegister) => Swap = swap('le', 32)
/** Host to little endian or back, 64 bits. */
export const le64: (dst: WritableRegister) => Swap = swap('le', 64)
/** Host to big endian or back, the low 16 bits; the rest becomes zero. */
export const be16: (dst: WritableRegister) => Swap = swap('be', 16)
/** Host to big endian or back, the low 32 bits; the rest becomes zero. */
export const be32: (dst: WritableRegister) => Swap = swap('be', 32)
/** Host to big endian or back, 64 bits. */
export const be64: (dst: WritableRegister) => Swap = swap('be', 64)
/** Reverse the low 2 bytes; the rest becomes zero (cpu v4). */
export const bswap16: (dst: WritableRegister) => Swap = swap('bswap', 16)
/** Reverse the low 4 bytes; the rest becomes zero (cpu v4). */
export const bswap32: (dst: WritableRegister) => Swap = swap('bswap', 32)
/** Reverse 8 bytes (cpu v4). */
export const bswap64: (dst: WritableRegister) => Swap = swap('bswap', 64)
