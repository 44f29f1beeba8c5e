import { max, structOps, tcp_sk } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { reno_avoid } from './steps.bpf.ts'

/** Reno: RFC 5681 (recovery itself is the stack's). The same as ../baseline/reno.bpf.c. */
export default structOps<tcp_congestion_ops>({
  name: 'ts_reno',
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, 2)
  },
  cong_avoid(sk, ack, acked) {
    reno_avoid(tcp_sk(sk), acked)
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
