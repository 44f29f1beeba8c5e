import { before, inet_csk_ca, max, min, tcp_sk, type u32 } from '@tscc/bpf'
import { CA_EVENT_ECN_IS_CE, CA_EVENT_ECN_NO_CE, type sock } from '@tscc/vmlinux'

/*
 * DCTCP in short: RFC 8257 without the early acknowledgements of its section 3.2, which a path that marks nothing does not
 * need. The algorithm proper is in @tscc/algos.
 */

/** TCP_CONG_NEEDS_ECN: the stack negotiates ECN and tells of marks. */
export const NEEDS_ECN = 2
/** tcp_sock.ecn_flags: ECN was negotiated, as RFC 3168 or as AccECN have it. */
export const ECN_NEGOTIATED = 0x11
/** tcp_sock.ecn_flags: acknowledgements carry ECE. */
const ECN_DEMAND_CWR = 4
/** Alpha of 1: all segments were marked. */
const ALPHA_ONE = 1024

interface Dctcp {
  alpha: u32
  old_delivered: u32
  old_delivered_ce: u32
  window_end: u32
  loss_cwnd: u32
}

export function start(sk: sock): void {
  const tp = tcp_sk(sk)
  const v = inet_csk_ca<Dctcp>(sk)
  v.alpha = ALPHA_ONE
  v.loss_cwnd = 0
  v.window_end = tp.snd_nxt
  v.old_delivered = tp.delivered
  v.old_delivered_ce = tp.delivered_ce
}

/** Once in a round trip: alpha = alpha 15/16 + marked / delivered / 16. */
export function measure(sk: sock): void {
  const tp = tcp_sk(sk)
  const v = inet_csk_ca<Dctcp>(sk)
  if (before(tp.snd_una, v.window_end)) return
  const marked = tp.delivered_ce - v.old_delivered_ce
  const share = (marked << 6) / max(tp.delivered - v.old_delivered, 1)
  v.alpha = min(v.alpha - (v.alpha >> 4) + share, ALPHA_ONE)
  v.window_end = tp.snd_nxt
  v.old_delivered = tp.delivered
  v.old_delivered_ce = tp.delivered_ce
}

export function reduced(sk: sock): u32 {
  const cwnd = tcp_sk(sk).snd_cwnd
  const v = inet_csk_ca<Dctcp>(sk)
  v.loss_cwnd = cwnd
  return max(cwnd - ((cwnd * v.alpha) >> 11), 2)
}

export function window_before_loss(sk: sock): u32 {
  return max(tcp_sk(sk).snd_cwnd, inet_csk_ca<Dctcp>(sk).loss_cwnd)
}

/** The receiver's part: acknowledgements tell of the marks. */
export function echo(sk: sock, ev: u32): void {
  const tp = tcp_sk(sk)
  if (ev === CA_EVENT_ECN_IS_CE) tp.ecn_flags |= ECN_DEMAND_CWR
  else if (ev === CA_EVENT_ECN_NO_CE) tp.ecn_flags &= ~ECN_DEMAND_CWR
}
