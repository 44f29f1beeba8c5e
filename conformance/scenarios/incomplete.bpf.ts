import { structOps } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { grow } from './parts/reno.bpf.ts'

// @ts-expect-error The editor wants ssthresh and undo_cwnd, as the compiler and the kernel do.
export default structOps<tcp_congestion_ops>({
  name: 'sc_incomplete',
  cong_avoid: grow,
})
