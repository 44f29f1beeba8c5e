import { global, structOps, type u64 } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { grow, half, window_before } from './parts/reno.bpf.ts'

/** Connections that version 1 began, and acknowledgements that it saw. */
export const inits = global<u64>(0)
export const acks = global<u64>(0)

export default structOps<tcp_congestion_ops>({
  name: 'sc_version',
  init() {
    inits.value++
  },
  ssthresh: half,
  undo_cwnd: window_before,
  cong_avoid(sk, ack, acked) {
    acks.value++
    grow(sk, ack, acked)
  },
})
