import { structOps } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { grow, half, window_before } from './parts/reno.bpf.ts'

export default structOps<tcp_congestion_ops>({
  name: 'sc_get_info',
  ssthresh: half,
  undo_cwnd: window_before,
  cong_avoid: grow,
  // @ts-expect-error BPF may not implement it.
  get_info(sk, ext, attr, info) {
    return 0
  },
})
