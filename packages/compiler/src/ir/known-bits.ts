import { hasLoop, reversePostorder } from './graph.ts'
import { type Block, BYTES, definedBy, type Instr, type IrFunction, type Operand } from './ir.ts'
import { isBitfield } from './memory.ts'
import { remembered } from './remembered.ts'

function lengthOf(value: bigint): number {
  const number = Number(value)
  if (number < 0) return 64
  if (number < 2 ** 32) return 32 - Math.clz32(number)
  return 64 - Math.clz32(Number(BigInt.asUintN(64, value) >> 32n))
}

/** What was found of functions' blocks, which never change: several passes ask for the same. */
const found = {
  compiler: remembered<readonly Block[], (operand: Operand) => number>(),
  verifier: remembered<readonly Block[], (operand: Operand) => number>(),
}

/**
 * How many low bits of each register may be other than zero. It starts from nothing and grows until nothing grows, so that
 * loops are no obstacle; no number grows beyond 64, and not one by one on the way there.
 */
export function knownBits(f: IrFunction, who: 'compiler' | 'verifier' = 'compiler'): (operand: Operand) => number {
  const known = found[who].get(f.blocks)
  if (known !== undefined) return known
  const bits = new Uint8Array(f.registers)
  const of = (operand: Operand): number => ('imm' in operand ? lengthOf(operand.imm) : (bits[operand.reg] ?? 0))
  const order = reversePostorder(f)
  const bitsHere = who === 'verifier' ? seenBits : bitsOf
  const isLoop = hasLoop(f)
  let changed = true
  for (let round = 0; changed; round++) {
    changed = false
    for (const at of order) {
      const block = f.blocks[at]
      if (block === undefined) continue
      for (const { dst, from } of block.phis) {
        const to = most(from.values(), of)
        if (to <= (bits[dst] ?? 0)) continue
        // What grows by a bit each time around would do so for long.
        bits[dst] = round < PATIENCE ? to : (WIDTHS[WIDTHS.findIndex((width) => width >= to)] ?? 64)
        changed = true
      }
      for (const instr of block.instrs) {
        const dst = definedBy(instr)
        if (dst === undefined) continue
        const to = bitsHere(instr, of)
        if (to <= (bits[dst] ?? 0)) continue
        bits[dst] = to
        changed = true
      }
    }
    if (!isLoop) break
    // What was said too generously is taken back as far as the steps themselves say less.
    if (!changed && round > PATIENCE) for (let back = 0; back < 2; back++) shrink(f, order, bits, bitsHere, of)
  }
  return found[who].set(f.blocks, of)
}

/** How often phis may grow by as little as they like. */
const PATIENCE = 4
const WIDTHS = [8, 16, 32, 64]

function most(values: Iterable<Operand>, of: (operand: Operand) => number): number {
  let found = 0
  for (const value of values) found = Math.max(found, of(value))
  return found
}

function shrink(
  f: IrFunction,
  order: readonly number[],
  bits: Uint8Array,
  bitsHere: (instr: Instr, of: (operand: Operand) => number) => number,
  of: (operand: Operand) => number,
): void {
  for (const at of order) {
    const block = f.blocks[at]
    for (const { dst, from } of block?.phis ?? []) bits[dst] = Math.min(bits[dst] ?? 64, most(from.values(), of))
    for (const instr of block?.instrs ?? []) {
      const dst = definedBy(instr)
      if (dst !== undefined) bits[dst] = Math.min(bits[dst] ?? 64, bitsHere(instr, of))
    }
  }
}

/** The verifier knows nothing of what a division gives, nor of what a shift by a number that it does not know leaves. */
const seenBits = (instr: Instr, of: (operand: Operand) => number): number =>
  instr.op === 'binary' && isUnseen(instr) ? instr.width : bitsOf(instr, of)

function isUnseen({ fn, b }: Extract<Instr, { op: 'binary' }>): boolean {
  if (fn === 'div' || fn === 'mod') return true
  return (fn === 'lsh' || fn === 'rsh' || fn === 'arsh') && 'reg' in b
}

/** Of what one step gives. */
export function bitsOf(instr: Instr, of: (operand: Operand) => number): number {
  switch (instr.op) {
    case 'move':
      return Math.min(instr.width, of(instr.a))
    case 'load':
      return isBitfield(instr.place)
        ? instr.place.bits === 'signed'
          ? 32
          : Math.min(32, 8 * BYTES[instr.size])
        : 8 * BYTES[instr.size]
    case 'argument':
      return 8 * BYTES[instr.size]
    case 'question':
      return instr.ask.kind === 'fieldExists' ||
        instr.ask.kind === 'typeExists' ||
        instr.ask.kind === 'enumeratorExists'
        ? 1
        : instr.ask.kind === 'kfunc'
          ? 64
          : 32
    case 'binary':
      return Math.min(instr.width, binaryBits(instr, of))
    case 'negate':
    case 'extend':
      return instr.width
    default:
      return 64
  }
}

function binaryBits(instr: Extract<Instr, { op: 'binary' }>, of: (operand: Operand) => number): number {
  // What is above the width of an operation is cut off first.
  const [a, b] = [Math.min(instr.width, of(instr.a)), Math.min(instr.width, of(instr.b))]
  const by = 'imm' in instr.b ? Number(BigInt.asUintN(6, instr.b.imm)) & (instr.width - 1) : undefined
  switch (instr.fn) {
    case 'and':
      return Math.min(a, b)
    case 'or':
    case 'xor':
      return Math.max(a, b)
    case 'add':
      return a === 0 ? b : b === 0 ? a : Math.max(a, b) + 1
    case 'mul':
      return a + b
    case 'div':
      return a
    case 'mod':
      // By zero, it is the dividend.
      return a
    case 'rsh':
      return by === undefined ? a : Math.max(0, a - by)
    case 'arsh':
      return a < instr.width ? (by === undefined ? a : Math.max(0, a - by)) : instr.width
    case 'lsh':
      return by === undefined ? instr.width : a === 0 ? 0 : a + by
    default:
      return instr.width
  }
}
