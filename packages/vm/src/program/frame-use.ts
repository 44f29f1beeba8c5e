import type { Insn, Register } from '@tscc/insn'
import { FRAME_SIZE } from '../memory/layout.ts'
import { accessOf } from './access-of.ts'
import type { CheckedFunction, CheckedProgram } from './check-program.ts'

/** An access by a register, an offset and a size. */
export interface Place {
  readonly base: Register
  readonly off: number
  readonly size: number
}

/** In the frame, whatever the registers hold. */
export const isInFrame = ({ base, off, size }: Place): boolean =>
  base === 'r10' && off >= -FRAME_SIZE && off + size <= 0

/**
 * What a function does with its stack frame. Where r10 is only the base of accesses that are in the frame, nothing can point
 * to that: the frame stays closed to pointers, and accesses by r10 need no check.
 */
export interface FrameUse {
  readonly used: boolean
  /** Lowest offset from r10 that is accessed, at most 0. */
  readonly lowest: number
  /** r10 is more than the base of accesses that certainly are in the frame. */
  readonly escapes: boolean
  /** Something may run that looks at how many frames there are. */
  readonly calls: boolean
}

/** Look through a function. */
export function frameUse(program: CheckedProgram, { start, end }: CheckedFunction): FrameUse {
  let [lowest, escapes, calls] = [0, false, false]
  for (const insn of program.insns.slice(start, end)) {
    calls ||= insn.kind === 'callFunc' || insn.kind === 'callHelper' || insn.kind === 'callKfunc'
    const off = inFrame(insn)
    if (off !== undefined) lowest = Math.min(lowest, off)
    escapes ||= ('src' in insn && insn.src === 'r10') || ('dst' in insn && String(insn.dst) === 'r10')
    escapes ||= 'base' in insn && insn.base === 'r10' && off === undefined
  }
  return { used: escapes || lowest < 0, lowest: escapes ? -FRAME_SIZE : lowest, escapes, calls }
}

function inFrame(insn: Insn): number | undefined {
  const access = accessOf(insn)
  if (access === undefined || !('base' in insn)) return undefined
  return isInFrame({ base: insn.base, off: insn.off, size: access.size }) ? insn.off : undefined
}
