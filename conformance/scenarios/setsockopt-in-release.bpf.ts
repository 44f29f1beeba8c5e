import { bpf_setsockopt, SOL_TCP, structOps, TCP_CONGESTION } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { grow, half, window_before } from './parts/reno.bpf.ts'

/** `release` ends a connection: what it sets could not be let go any more. */
export default structOps<tcp_congestion_ops>({
  name: 'sc_release',
  release(sk) {
    bpf_setsockopt(sk, SOL_TCP, TCP_CONGESTION, 'cubic', 6)
  },
  ssthresh: half,
  undo_cwnd: window_before,
  cong_avoid: grow,
})
