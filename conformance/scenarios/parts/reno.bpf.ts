import {
  max,
  tcp_cong_avoid_ai,
  tcp_in_slow_start,
  tcp_is_cwnd_limited,
  tcp_sk,
  tcp_slow_start,
  type u32,
} from '@tscc/bpf'
import type { sock } from '@tscc/vmlinux'

/** What the scenarios share: windows as RFC 5681 has them. */

export function half(sk: sock): u32 {
  return max(tcp_sk(sk).snd_cwnd / 2, 2)
}

export function window_before(sk: sock): u32 {
  return max(tcp_sk(sk).snd_cwnd, tcp_sk(sk).prior_cwnd)
}

export function grow(sk: sock, _ack: u32, acked: u32): void {
  const tp = tcp_sk(sk)
  if (!tcp_is_cwnd_limited(tp)) return
  const left = tcp_in_slow_start(tp) ? tcp_slow_start(tp, acked) : acked
  if (left > 0) tcp_cong_avoid_ai(tp, tp.snd_cwnd, left)
}
