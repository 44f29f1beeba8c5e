import type { Register } from '@tscc/insn'
import { writesOf } from './effects.ts'
import { aluResult, conditionHolds, immediateValue, loadResult, swapResult } from './evaluate.ts'
import { blockStarts, type Flow, isEnd, type Step } from './flow.ts'
import { type Known, meet } from './known.ts'

/** What is known of r0 to r9. */
export type Registers = readonly Known[]

/** What holds on the kernel, whatever the function does. */
export interface Machine {
  readonly littleEndian: boolean
}

const NOTHING: Registers = Array.from({ length: 10 }, () => undefined)

/**
 * What is known of the registers where blocks start, by first step; blocks that are not there are never reached. Ways that a
 * known condition closes are not gone, and where ways meet that holds which all open ones agree on (Wegman and Zadeck's
 * conditional constants): a block is looked at again only when one of its ten registers is known less, so that it ends soon.
 */
export function knownAtBlocks(flow: Flow, machine: Machine): ReadonlyMap<number, Registers> {
  const starts = blockStarts(flow)
  const states = new Map<number, Registers>([[0, NOTHING]])
  const work = [0]
  const waiting = new Set(work)
  const reach = (at: number, registers: Registers): void => {
    const before = states.get(at)
    const now = before === undefined ? registers : before.map((known, r) => meet(known, registers[r]))
    if (before !== undefined && now.every((known, r) => known === before[r])) return
    states.set(at, now)
    if (waiting.has(at)) return
    waiting.add(at)
    work.push(at)
  }
  for (let start = work.pop(); start !== undefined; start = work.pop()) {
    waiting.delete(start)
    let registers = states.get(start) ?? NOTHING
    for (let at = start; ; at++) {
      const step = flow[at]
      if (step === undefined) break
      const holds = jumps(step, registers)
      registers = after(step, registers, machine)
      if (step.target !== undefined && holds !== false) reach(step.target, registers)
      if (isEnd(step) || holds === true) break
      if (starts[at + 1] === true) {
        reach(at + 1, registers)
        break
      }
    }
  }
  return states
}

/** What is known of an operand. */
export const knownOf = (operand: Register | number, registers: Registers): Known =>
  typeof operand === 'number' ? immediateValue(operand) : registers[Number(operand.slice(1))]

/** Is it certain to jump, or not to? */
export function jumps({ insn }: Step, registers: Registers): boolean | undefined {
  if (insn.kind !== 'jump') return undefined
  return conditionHolds(insn.op, insn.width, knownOf(insn.dst, registers), knownOf(insn.src, registers))
}

/** What is known after a step. */
export function after(step: Step, registers: Registers, machine: Machine): Registers {
  const written = writesOf(step)
  if (written === 0) return registers
  const result = resultOf(step, registers, machine)
  return registers.map((known, r) => ((written & (1 << r)) === 0 ? known : result))
}

/** What is known of the one register that a step writes. */
export function resultOf(step: Step, registers: Registers, { littleEndian }: Machine): Known {
  const { insn } = step
  const number = (operand: Register | number): bigint | undefined => {
    const known = knownOf(operand, registers)
    return typeof known === 'bigint' ? known : undefined
  }
  switch (insn.kind) {
    case 'alu': {
      const left = knownOf(insn.dst, registers)
      const right = knownOf(insn.src, registers)
      if (insn.width === 64 && insn.op === 'mov') return right
      if (insn.width === 64 && insn.op === 'add' && typeof left === 'object' && typeof insn.src === 'number')
        return { ...left, at: left.at + insn.src }
      return aluResult(insn.op, insn.width, number(insn.dst), number(insn.src))
    }
    case 'neg':
      return aluResult('sub', insn.width, 0n, number(insn.dst))
    case 'movsx': {
      const value = number(insn.src)
      return value === undefined ? undefined : BigInt.asUintN(insn.width, BigInt.asIntN(insn.bits, value))
    }
    case 'swap': {
      const value = number(insn.dst)
      return value === undefined ? undefined : swapResult(insn.order, insn.bits, value, littleEndian)
    }
    case 'load': {
      const base = knownOf(insn.base, registers)
      if (typeof base !== 'object') return undefined
      return loadResult(base.bytes, base.at + insn.off, insn.size, littleEndian)
    }
    case 'ldImm64':
      return step.loads
    default:
      return undefined
  }
}
