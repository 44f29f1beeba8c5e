import { structOps } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { grow, half, window_before } from './parts/reno.bpf.ts'

/** Good for itself, but no version of another. */
export default structOps<tcp_congestion_ops>({
  name: 'sc_other',
  ssthresh: half,
  undo_cwnd: window_before,
  cong_avoid: grow,
})
