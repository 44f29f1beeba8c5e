import { structOps, tcp_sk, type u32 } from '@tscc/bpf'
import { BPF_SOCK_OPS_RTT_CB, TCP_CA_Loss, type tcp_congestion_ops, type tcp_sock } from '@tscc/vmlinux'
import { availability, headerBtf } from '@tscc/vmlinux/header'

console.log(TCP_CA_Loss, BPF_SOCK_OPS_RTT_CB, headerBtf().length > 40_000)
console.log(availability['tcp_congestion_ops.cwnd_event_tx_start'])

const cwndOf = (tp: tcp_sock): u32 => tp.snd_cwnd

/** Never called: there is no kernel here. */
export const define = () =>
  structOps<tcp_congestion_ops>({
    name: 'mine',
    ssthresh: (sk) => cwndOf(tcp_sk(sk)) >> 1,
    undo_cwnd: (sk) => tcp_sk(sk).snd_cwnd,
    cong_avoid(sk, ack, acked) {
      tcp_sk(sk).snd_cwnd += ack > acked ? 1 : 0
    },
  })
