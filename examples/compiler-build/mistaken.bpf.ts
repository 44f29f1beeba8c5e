import { structOps, tcp_sk } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'

export default structOps<tcp_congestion_ops>({
  name: 'mistaken',
  ssthresh: (sk) => tcp_sk(sk).snd_cwmd >> 1,
  cong_avoid() {},
  undo_cwnd: (sk) => tcp_sk(sk).prior_cwnd,
})
