import type { Insn } from '@tscc/insn'
import { FRAME_SIZE } from '../memory/layout.ts'
import type { CheckedFunction, CheckedProgram } from '../program/check-program.ts'
import { accessOf } from '../runtime.ts'
import { isInFrame } from './memory-access.ts'

/** What a function does with its stack frame. */
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
