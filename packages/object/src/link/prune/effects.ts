import type { Insn, Register } from '@tscc/insn'
import type { Step } from './flow.ts'
import { helperParameters, MOST_PARAMETERS } from './helper-parameters.ts'

/** Registers as bits of a number: r0 is bit 0. */
export type RegisterSet = number

const bits: Readonly<Record<Register, RegisterSet>> = {
  r0: 1 << 0,
  r1: 1 << 1,
  r2: 1 << 2,
  r3: 1 << 3,
  r4: 1 << 4,
  r5: 1 << 5,
  r6: 1 << 6,
  r7: 1 << 7,
  r8: 1 << 8,
  r9: 1 << 9,
  r10: 1 << 10,
}

/** The set of one register; of an immediate operand, the empty set. */
export const only = (operand: Register | number): RegisterSet => (typeof operand === 'number' ? 0 : bits[operand])

/** r0 to r5: after a call they hold nothing but the result. */
const CLOBBERED: RegisterSet = 0b111111

/** r1 and up, as many as a call takes. */
const firstParameters = (count: number): RegisterSet => ((1 << count) - 1) << 1

/** Registers that a step reads. What a function's `exit` reads is `result`. */
export function readsOf(step: Step, result: RegisterSet): RegisterSet {
  const { insn } = step
  switch (insn.kind) {
    case 'alu':
      return only(insn.src) | (insn.op === 'mov' ? 0 : only(insn.dst))
    case 'neg':
    case 'swap':
      return only(insn.dst)
    case 'movsx':
      return only(insn.src)
    case 'load':
    case 'loadAcquire':
      return only(insn.base)
    case 'store':
    case 'storeRelease':
      return only(insn.base) | only(insn.src)
    case 'atomic':
      return only(insn.base) | only(insn.src) | (insn.op === 'cmpxchg' ? bits.r0 : 0)
    // Packet loads take the socket buffer in r6.
    case 'ldAbs':
      return bits.r6
    case 'ldInd':
      return bits.r6 | only(insn.src)
    case 'jump':
      return only(insn.dst) | only(insn.src)
    case 'callHelper':
      return firstParameters(step.parameters ?? helperParameters(insn.helper))
    case 'callKfunc':
    case 'callFunc':
      return firstParameters(step.parameters ?? MOST_PARAMETERS)
    case 'exit':
      return result
    case 'ldImm64':
    case 'ja':
    case 'ja32':
    case 'mayGoto':
      return 0
    default:
      return never(insn)
  }
}

/** Registers whose old value is gone after a step. */
export function writesOf({ insn }: Step): RegisterSet {
  switch (insn.kind) {
    case 'alu':
    case 'neg':
    case 'swap':
    case 'movsx':
    case 'load':
    case 'loadAcquire':
    case 'ldImm64':
      return only(insn.dst)
    case 'atomic':
      if (insn.op === 'cmpxchg') return bits.r0
      return insn.op === 'xchg' || insn.op.startsWith('fetch_') ? only(insn.src) : 0
    // Packet loads leave registers as calls do.
    case 'ldAbs':
    case 'ldInd':
    case 'callHelper':
    case 'callKfunc':
    case 'callFunc':
      return CLOBBERED
    case 'store':
    case 'storeRelease':
    case 'jump':
    case 'ja':
    case 'ja32':
    case 'mayGoto':
    case 'exit':
      return 0
    default:
      return never(insn)
  }
}

/** Does a step do nothing but give its `dst` a value? */
export function isPure({ kind }: Insn): boolean {
  return (
    kind === 'alu' || kind === 'neg' || kind === 'swap' || kind === 'movsx' || kind === 'load' || kind === 'ldImm64'
  )
}

function never(insn: never): never {
  throw new TypeError(`an instruction of no known kind: ${JSON.stringify(insn)}`)
}
