// @ts-check
// Additive increase, multiplicative decrease, instruction by instruction. Offsets come from the kernel's own types.
import {
  aimdSsthresh,
  congAvoidPrologue,
  incrementCwnd,
  minimalUndoCwndProgram,
  returnR0,
  returnVoid,
  ssthreshPrologue,
} from '@tscc/struct-ops'

/** @type {(name: string) => import('@tscc/struct-ops').StructOpsSpec} */
export const aimd = (name) => ({
  type: 'tcp_congestion_ops',
  name,
  callbacks: {
    ssthresh: [...ssthreshPrologue('r6'), ...aimdSsthresh('r6', 'r7'), ...returnR0()],
    cong_avoid: [...congAvoidPrologue('r6', 'r7', 'r8'), ...incrementCwnd('r6', 'r9'), ...returnVoid()],
    undo_cwnd: minimalUndoCwndProgram(),
  },
})
