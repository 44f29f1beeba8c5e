import { structOps } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { grow, half, window_before } from './parts/reno.bpf.ts'

/** The kernel takes struct_ops of GPL-compatible programs only. */
export const license = 'X'

export default structOps<tcp_congestion_ops>({
  name: 'sc_no_gpl',
  ssthresh: half,
  undo_cwnd: window_before,
  cong_avoid: grow,
})
