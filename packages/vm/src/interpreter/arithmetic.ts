import type { AluOp, JumpOp, Swap, Width } from '@tscc/insn'

const signed = (width: Width, value: bigint): bigint => BigInt.asIntN(width, value)
const unsigned = (width: Width, value: bigint): bigint => BigInt.asUintN(width, value)

/**
 * Binary arithmetic of RFC 9669 section 4.1 on whole numbers of any sign: both operands are first taken to the width, and the
 * result is, unsigned. Division by zero gives zero, and a remainder by zero leaves the dividend.
 */
export function compute(op: AluOp, width: Width, left: bigint, right: bigint): bigint {
  const a = unsigned(width, left)
  const b = unsigned(width, right)
  switch (op) {
    case 'add':
      return unsigned(width, a + b)
    case 'sub':
      return unsigned(width, a - b)
    case 'mul':
      return unsigned(width, a * b)
    case 'div':
      return b === 0n ? 0n : a / b
    case 'sdiv':
      return b === 0n ? 0n : unsigned(width, signed(width, a) / signed(width, b))
    case 'mod':
      return b === 0n ? a : a % b
    case 'smod':
      return b === 0n ? a : unsigned(width, signed(width, a) % signed(width, b))
    case 'or':
      return a | b
    case 'and':
      return a & b
    case 'xor':
      return a ^ b
    case 'mov':
      return b
    case 'lsh':
      return unsigned(width, a << (b % BigInt(width)))
    case 'rsh':
      return a >> (b % BigInt(width))
    case 'arsh':
      return unsigned(width, signed(width, a) >> (b % BigInt(width)))
    default:
      return op satisfies never
  }
}

/** Whether a condition of RFC 9669 section 4.3 holds, of operands taken to the width. */
export function holds(op: JumpOp, width: Width, left: bigint, right: bigint): boolean {
  const a = unsigned(width, left)
  const b = unsigned(width, right)
  switch (op) {
    case 'jeq':
      return a === b
    case 'jne':
      return a !== b
    case 'jgt':
      return a > b
    case 'jge':
      return a >= b
    case 'jlt':
      return a < b
    case 'jle':
      return a <= b
    case 'jset':
      return (a & b) !== 0n
    case 'jsgt':
      return signed(width, a) > signed(width, b)
    case 'jsge':
      return signed(width, a) >= signed(width, b)
    case 'jslt':
      return signed(width, a) < signed(width, b)
    case 'jsle':
      return signed(width, a) <= signed(width, b)
    default:
      return op satisfies never
  }
}

/** Byte order conversions of RFC 9669 section 4.2 on a little-endian machine: to little endian only truncates. */
export function swapped({ order, bits }: Pick<Swap, 'order' | 'bits'>, value: bigint): bigint {
  let rest = unsigned(64, value)
  if (order === 'le') return BigInt.asUintN(bits, rest)
  let result = 0n
  for (let byte = 0; byte < bits / 8; byte++) {
    result = (result << 8n) | (rest & 0xffn)
    rest >>= 8n
  }
  return result
}
