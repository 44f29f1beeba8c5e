import { jge32, mov32, rsh32, sub32 } from '@tscc/insn'
import { loadCwnd, returnReg, type Steps, type StructOpsSpec, ssthreshPrologue } from '@tscc/struct-ops'
import { reno } from './reno.ts'

/** Three quarters of the window, at least two segments: a gentler back-off than Reno's half. */
const ssthresh: Steps = [
  ...ssthreshPrologue('r6'),
  loadCwnd('r7', 'r6'),
  mov32('r8', 'r7'),
  rsh32('r8', 2),
  sub32('r7', 'r8'),
  jge32('r7', 2, 1),
  mov32('r7', 2),
  ...returnReg('r7'),
]

/**
 * The tutorial's Vegas-style back-off on Reno's growth. It is a teaching example, not TCP Vegas: Brakmo and
 * Peterson's algorithm steers by RTT, this one only reduces less on a loss.
 */
export function vegasStyle(name = 'ts_vegas_style'): StructOpsSpec {
  const base = reno(name)
  return { ...base, callbacks: { ...base.callbacks, ssthresh } }
}
