import type { AluOp, Insn, JumpOp, LoadSize, Width } from '@tscc/insn'
import type { Known } from './known.ts'

const unsigned = (width: Width, value: bigint): bigint => BigInt.asUintN(width, value)
const signed = (width: Width, value: bigint): bigint => BigInt.asIntN(width, value)

/** An immediate operand as the 64 bits that it stands for. */
export const immediateValue = (immediate: number): bigint => BigInt.asUintN(64, BigInt(immediate))

/** A value as an immediate of an operation of that width; undefined where 32 bits with a sign do not hold it. */
export function asImmediate(width: Width, value: bigint): number | undefined {
  const low = BigInt.asIntN(32, value)
  return width === 32 || low === BigInt.asIntN(64, value) ? Number(low) : undefined
}

/**
 * What arithmetic gives (RFC 9669 section 4.1); undefined where that hangs on something unknown, or, as shifts by more than
 * the width, is not defined.
 */
export function aluResult(
  op: AluOp,
  width: Width,
  left: bigint | undefined,
  right: bigint | undefined,
): bigint | undefined {
  if (right === undefined) return undefined
  const b = unsigned(width, right)
  if (op === 'mov') return b
  if ((op === 'and' || op === 'mul') && b === 0n) return 0n
  if (left === undefined) return undefined
  const a = unsigned(width, left)
  if ((op === 'lsh' || op === 'rsh' || op === 'arsh') && b >= BigInt(width)) return undefined
  // What the upper half is then, kernels do not agree on.
  if ((op === 'mod' || op === 'smod') && width === 32 && b === 0n) return undefined
  return unsigned(width, operations[op](a, b, signed(width, a), signed(width, b)))
}

/** On unsigned operands a and b, which are s and t with a sign. */
const operations: Readonly<Record<Exclude<AluOp, 'mov'>, (a: bigint, b: bigint, s: bigint, t: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => (b === 0n ? 0n : a / b),
  sdiv: (_a, b, s, t) => (b === 0n ? 0n : s / t),
  mod: (a, b) => (b === 0n ? a : a % b),
  smod: (a, b, s, t) => (b === 0n ? a : s % t),
  or: (a, b) => a | b,
  and: (a, b) => a & b,
  xor: (a, b) => a ^ b,
  lsh: (a, b) => a << b,
  rsh: (a, b) => a >> b,
  arsh: (_a, b, s) => s >> b,
}

/** What a byte swap gives on a machine of that byte order. */
export function swapResult(order: 'le' | 'be' | 'bswap', bits: 16 | 32 | 64, value: bigint, little: boolean): bigint {
  const low = BigInt.asUintN(bits, value)
  if ((order === 'le' && little) || (order === 'be' && !little)) return low
  let swapped = 0n
  for (let at = 0n; at < BigInt(bits); at += 8n) swapped = (swapped << 8n) | ((low >> at) & 0xffn)
  return swapped
}

/** What a load gives out of bytes that are known; undefined where it reaches beyond them. */
export function loadResult(bytes: Uint8Array, at: number, size: LoadSize, little: boolean): bigint | undefined {
  const width = Number(size.slice(1))
  const count = width / 8
  if (at < 0 || at + count > bytes.length) return undefined
  let value = 0n
  for (let i = 0; i < count; i++) value = (value << 8n) | BigInt(bytes[little ? at + count - 1 - i : at + i] ?? 0)
  return size.startsWith('s') ? BigInt.asUintN(64, BigInt.asIntN(width, value)) : value
}

/** Does the condition hold? undefined where that is not known. */
export function conditionHolds(op: JumpOp, width: Width, left: Known, right: Known): boolean | undefined {
  if (typeof right !== 'bigint') return undefined
  const b = unsigned(width, right)
  if (b === 0n) {
    if (op === 'jge') return true
    if (op === 'jlt' || op === 'jset') return false
    if (left === 'nonzero' && width === 64) return whenNotZero[op]
  }
  if (typeof left !== 'bigint') return undefined
  const a = unsigned(width, left)
  return conditions[op](a, b, signed(width, a), signed(width, b))
}

const conditions: Readonly<Record<JumpOp, (a: bigint, b: bigint, s: bigint, t: bigint) => boolean>> = {
  jeq: (a, b) => a === b,
  jne: (a, b) => a !== b,
  jgt: (a, b) => a > b,
  jge: (a, b) => a >= b,
  jlt: (a, b) => a < b,
  jle: (a, b) => a <= b,
  jset: (a, b) => (a & b) !== 0n,
  jsgt: (_a, _b, s, t) => s > t,
  jsge: (_a, _b, s, t) => s >= t,
  jslt: (_a, _b, s, t) => s < t,
  jsle: (_a, _b, s, t) => s <= t,
}

/** Conditions with 0 on the right, of a left that is not 0. */
const whenNotZero: Readonly<Partial<Record<JumpOp, boolean>>> = { jeq: false, jne: true, jgt: true, jle: false }

/** The condition with its sides changed over. */
export const mirrored: Readonly<Record<JumpOp, JumpOp>> = {
  jeq: 'jeq',
  jne: 'jne',
  jset: 'jset',
  jgt: 'jlt',
  jlt: 'jgt',
  jge: 'jle',
  jle: 'jge',
  jsgt: 'jslt',
  jslt: 'jsgt',
  jsge: 'jsle',
  jsle: 'jsge',
}

/** Does an instruction leave its register as it was? */
export function changesNothing(insn: Insn): boolean {
  if (insn.kind !== 'alu' || insn.width !== 64) return false
  switch (insn.op) {
    case 'mov':
      return insn.src === insn.dst
    case 'add':
    case 'sub':
    case 'or':
    case 'xor':
    case 'lsh':
    case 'rsh':
    case 'arsh':
      return insn.src === 0
    case 'and':
      return insn.src === -1
    default:
      return false
  }
}
