import type { Insn, Register, WritableRegister } from '@tscc/insn'
import { asImmediate, changesNothing, mirrored } from './evaluate.ts'
import { blockStarts, type Flow, type Replaced, replaced, type Step } from './flow.ts'
import { after, jumps, knownAtBlocks, knownOf, type Machine, type Registers, resultOf } from './propagate.ts'

/**
 * Decide what the kernel decided: conditions on constants become `goto` or nothing, what is never reached goes, results
 * that are constants become a move, constant operands become immediates. Moves that nobody needs any more stay for
 * {@link removeDead}; nothing gets longer.
 *
 *     r2 = 1               r2 = 1
 *     if r2 == 0 goto L    w3 = 5
 *     w3 = 5               if w1 != 5 goto M
 *     if w1 != w3 goto M
 */
export function foldConstants(flow: Flow, machine: Machine): Flow {
  const states = knownAtBlocks(flow, machine)
  const starts = blockStarts(flow)
  let registers: Registers | undefined
  const parts = flow.map((step, at): Replaced => {
    if (starts[at] === true) registers = states.get(at)
    if (registers === undefined) return undefined
    const before = registers
    registers = after(step, before, machine)
    return folded(step, before, machine)
  })
  return replaced(flow, parts)
}

function folded(step: Step, registers: Registers, machine: Machine): Replaced {
  const { insn } = step
  if (insn.kind === 'jump') {
    const jumping = jumps(step, registers)
    if (jumping === false) return undefined
    return jumping === true ? { ...step, insn: GOTO } : withImmediate(step, registers)
  }
  if (changesNothing(insn)) return undefined
  const value = resultOf(step, registers, machine)
  if (typeof value !== 'bigint') return withImmediate(step, registers)
  if (insn.kind === 'alu' && insn.op === 'mov' && typeof insn.src === 'number') return step
  const move = 'dst' in insn ? constantMove(insn.dst, value) : undefined
  if (move === undefined) return withImmediate(step, registers)
  return { insn: move, ...(step.line === undefined ? {} : { line: step.line }) }
}

const GOTO: Insn = { kind: 'ja', target: 0 }

/** The one instruction that gives a register this value; undefined where there is none of one slot. */
function constantMove(dst: WritableRegister, value: bigint): Insn | undefined {
  const whole = asImmediate(64, value)
  if (whole !== undefined) return { kind: 'alu', width: 64, op: 'mov', dst, src: whole }
  return value >> 32n === 0n
    ? { kind: 'alu', width: 32, op: 'mov', dst, src: Number(BigInt.asIntN(32, value)) }
    : undefined
}

/** A constant operand written into the instruction, where it fits. */
function withImmediate(step: Step, registers: Registers): Step {
  const { insn } = step
  if ((insn.kind !== 'alu' && insn.kind !== 'jump') || typeof insn.src === 'number') return step
  const immediate = immediateFor(insn.width, insn.src, registers)
  if (insn.kind === 'alu') {
    const fits = immediate !== undefined && isAllowed(insn.op, insn.width, immediate)
    return fits ? { ...step, insn: { ...insn, src: immediate } } : step
  }
  if (immediate !== undefined) return { ...step, insn: { ...insn, src: immediate } }
  const left = immediateFor(insn.width, insn.dst, registers)
  return left === undefined ? step : { ...step, insn: { ...insn, op: mirrored[insn.op], dst: insn.src, src: left } }
}

function immediateFor(width: 32 | 64, register: Register, registers: Registers): number | undefined {
  const known = knownOf(register, registers)
  return typeof known === 'bigint' ? asImmediate(width, known) : undefined
}

/** The verifier refuses immediates that it would let pass in a register. */
function isAllowed(op: string, width: number, immediate: number): boolean {
  switch (op) {
    case 'div':
    case 'mod':
    case 'sdiv':
    case 'smod':
      return immediate !== 0
    case 'lsh':
    case 'rsh':
    case 'arsh':
      return immediate >= 0 && immediate < width
    default:
      return true
  }
}
