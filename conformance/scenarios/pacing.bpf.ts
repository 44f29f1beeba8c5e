import { min, structOps, tcp_sk, tunable, type u64 } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { half, window_before } from './parts/reno.bpf.ts'

/** Bytes per second. */
export const rate = tunable<u64>(10_000_000)
/** SK_PACING_NEEDED: TCP paces by itself where no queueing discipline does. */
const PACING_NEEDED = 1

/** Sets how fast its socket sends, and nothing else. */
export default structOps<tcp_congestion_ops>({
  name: 'sc_pacing',
  init(sk) {
    sk.sk_pacing_status = PACING_NEEDED
  },
  cong_control(sk) {
    const tp = tcp_sk(sk)
    tp.snd_cwnd = min(tp.snd_cwnd + 1, 1000)
    sk.sk_pacing_rate = rate.value
  },
  ssthresh: half,
  undo_cwnd: window_before,
})
