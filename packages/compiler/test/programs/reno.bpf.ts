import {
  max,
  structOps,
  tcp_cong_avoid_ai,
  tcp_in_slow_start,
  tcp_is_cwnd_limited,
  tcp_sk,
  tcp_slow_start,
} from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'

/** Reno: RFC 5681 (recovery itself is the stack's). */
export default structOps<tcp_congestion_ops>({
  name: 'tsl_reno',
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, 2)
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    if (!tcp_is_cwnd_limited(tp)) return
    let left = acked
    if (tcp_in_slow_start(tp)) {
      left = tcp_slow_start(tp, acked)
      if (left === 0) return
    }
    tcp_cong_avoid_ai(tp, tp.snd_cwnd, left)
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
