import { objectErrors } from '../../object-errors.ts'
import type { ResolvedCore } from './resolve-core.ts'

/** Helper number of an instruction that must not be reached; the verifier names it in its log, as after libbpf. */
export const BAD_RELOCATION = 195_896_080

const CLASS_MASK = 7
const LD = 0
const LDX = 1
const ST = 2
const STX = 3
const ALU = 4
const ALU64 = 7
const SOURCE_REGISTER = 8
const LD_IMM64 = 0x18
const CALL = 0x85
const SIZE_MASK = 0x18
/** Bytes by the size bits of a load or store. */
const SIZES: Readonly<Record<number, number>> = { 0: 4, 8: 2, 16: 1, 24: 8 }

const broken = (why: string): Error => objectErrors.make('bad-core', { why })

/** Write what a relocation resolved to into the instruction at a slot; throws `object/bad-core`. */
export function patchCore(code: DataView, littleEndian: boolean, at: number, core: ResolvedCore, addend: number): void {
  const byte = 8 * at
  const isThere = Number.isInteger(at) && at >= 0 && byte + 8 <= code.byteLength
  const opcode = isThere ? code.getUint8(byte) : 0
  const wide = opcode === LD_IMM64
  if (!isThere || byte + (wide ? 16 : 8) > code.byteLength) throw broken('no whole instruction is there')
  const { local, target } = core
  if (target === undefined) {
    poison(code, littleEndian, byte, wide)
    return
  }
  if (!Number.isInteger(addend)) throw broken(`addend ${addend}`)
  const value = target.value + BigInt(addend)
  const check = (found: bigint, bits: number): void => {
    const expected = (local?.value ?? 0n) + BigInt(addend)
    if (local?.certain === true && BigInt.asUintN(bits, found) !== BigInt.asUintN(bits, expected))
      throw broken(`the instruction has ${found} where the object's types say ${expected}`)
  }
  switch (opcode & CLASS_MASK) {
    case ALU:
    case ALU64:
      if ((opcode & SOURCE_REGISTER) !== 0) throw broken('the instruction has no immediate')
      check(BigInt(code.getInt32(byte + 4, littleEndian)), 32)
      code.setInt32(byte + 4, Number(BigInt.asIntN(32, value)), littleEndian)
      return
    case LDX:
    case ST:
    case STX:
      check(BigInt(code.getInt16(byte + 2, littleEndian)), 64)
      if (value > MAX_OFFSET) throw broken(`offset ${value} does not fit the instruction`)
      if (core.unfit) {
        poison(code, littleEndian, byte, wide)
        return
      }
      code.setInt16(byte + 2, Number(value), littleEndian)
      resize(code, byte, opcode, local?.size, target.size)
      return
    case LD: {
      if (!wide || !isPlainWide(code, littleEndian, byte)) throw broken('a wide load of another form')
      const low = BigInt(code.getUint32(byte + 4, littleEndian))
      check(low | (BigInt(code.getUint32(byte + 12, littleEndian)) << 32n), 64)
      code.setUint32(byte + 4, Number(BigInt.asUintN(32, value)), littleEndian)
      code.setUint32(byte + 12, Number(BigInt.asUintN(32, value >> 32n)), littleEndian)
      return
    }
    default:
      throw broken(`opcode 0x${opcode.toString(16)} cannot be relocated`)
  }
}

const MAX_OFFSET = 0x7fffn

/** Make instructions into ones that the verifier refuses where it reaches them. */
function poison(code: DataView, littleEndian: boolean, byte: number, wide: boolean): void {
  for (const at of wide ? [byte, byte + 8] : [byte]) {
    code.setUint8(at, CALL)
    code.setUint8(at + 1, 0)
    code.setInt16(at + 2, 0, littleEndian)
    code.setInt32(at + 4, BAD_RELOCATION, littleEndian)
  }
}

/** Give a load or store the size that the field has on the kernel. */
function resize(code: DataView, byte: number, opcode: number, from: number | undefined, to: number | undefined): void {
  if (from === to) return
  const size = SIZES[opcode & SIZE_MASK]
  if (size !== from) throw broken(`the instruction accesses ${size} bytes of a field of ${from}`)
  const bits = Object.keys(SIZES)
    .map(Number)
    .find((key) => SIZES[key] === to)
  if (bits === undefined) throw broken(`the kernel's field has ${to} bytes, which no instruction accesses`)
  code.setUint8(byte, (opcode & ~SIZE_MASK) | bits)
}

/** Nothing but the number: no source, no offset, and an empty second half. */
function isPlainWide(code: DataView, littleEndian: boolean, byte: number): boolean {
  const registers = code.getUint8(byte + 1)
  const source = littleEndian ? registers >> 4 : registers & 15
  return source === 0 && [2, 3, 8, 9, 10, 11].every((offset) => code.getUint8(byte + offset) === 0)
}
