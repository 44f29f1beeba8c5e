import { max, structOps, tcp_cong_avoid_ai, tcp_in_slow_start, tcp_sk, tcp_slow_start } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'

export default structOps<tcp_congestion_ops>({
  name: 'careful',
  ssthresh: (sk) => max(tcp_sk(sk).snd_cwnd / 3, 2),
  cong_avoid(sk, _ack, acked) {
    const tp = tcp_sk(sk)
    if (tcp_in_slow_start(tp)) tcp_slow_start(tp, acked)
    else tcp_cong_avoid_ai(tp, tp.snd_cwnd, acked)
  },
  undo_cwnd: (sk) => tcp_sk(sk).prior_cwnd,
})
