import { reversePostorder } from './graph.ts'
import { BYTES, type Instr, type IrFunction, type Operand } from './ir.ts'

const lengthOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length)

/**
 * How many low bits of each register may be other than zero. It starts from nothing and grows until nothing grows, so that
 * loops are no obstacle; no number grows beyond 64.
 */
export function knownBits(f: IrFunction, who: 'compiler' | 'verifier' = 'compiler'): (operand: Operand) => number {
  const bits = new Map<number, number>()
  const of = (operand: Operand): number =>
    'imm' in operand ? lengthOf(BigInt.asUintN(64, operand.imm)) : (bits.get(operand.reg) ?? 0)
  const order = reversePostorder(f)
  for (let changed = true; changed; ) {
    changed = false
    const grow = (register: number, to: number): void => {
      if (to <= (bits.get(register) ?? 0)) return
      bits.set(register, to)
      changed = true
    }
    for (const at of order) {
      const block = f.blocks[at]
      for (const phi of block?.phis ?? []) for (const value of phi.from.values()) grow(phi.dst, of(value))
      for (const instr of block?.instrs ?? [])
        if ('dst' in instr && instr.dst !== undefined)
          grow(instr.dst, who === 'verifier' ? seenBits(instr, of) : bitsOf(instr, of))
    }
  }
  return of
}

/** The verifier knows nothing of what a division gives. */
const seenBits = (instr: Instr, of: (operand: Operand) => number): number =>
  instr.op === 'binary' && (instr.fn === 'div' || instr.fn === 'mod') ? instr.width : bitsOf(instr, of)

/** Of what one step gives. */
export function bitsOf(instr: Instr, of: (operand: Operand) => number): number {
  switch (instr.op) {
    case 'move':
      return Math.min(instr.width, of(instr.a))
    case 'load':
      return instr.place.kind === 'field' && instr.place.bits !== undefined
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
      return instr.width
    default:
      return 64
  }
}

function binaryBits(instr: Extract<Instr, { op: 'binary' }>, of: (operand: Operand) => number): number {
  // What is above the width of an operation is cut off first.
  const [a, b] = [Math.min(instr.width, of(instr.a)), Math.min(instr.width, of(instr.b))]
  const by = 'imm' in instr.b ? Number(instr.b.imm & BigInt(instr.width - 1)) : undefined
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
