import { structOps, tcp_sk } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'

/** Two segments at a time, whatever happens: slow on any path. */
export default structOps<tcp_congestion_ops>({
  name: 'slow',
  init(sk) {
    tcp_sk(sk).snd_cwnd = 2
  },
  ssthresh: () => 2,
  undo_cwnd: () => 2,
  cong_avoid(sk) {
    tcp_sk(sk).snd_cwnd = 2
  },
})
