import {
  before,
  bpf_tcp_send_ack,
  inet_csk,
  inet_csk_ca,
  max,
  min,
  structOps,
  tcp_cong_avoid_ai,
  tcp_in_slow_start,
  tcp_is_cwnd_limited,
  tcp_sk,
  tcp_slow_start,
  tunable,
  type u8,
  type u32,
} from '@tscc/bpf'
import {
  CA_EVENT_ECN_IS_CE,
  CA_EVENT_ECN_NO_CE,
  CA_EVENT_LOSS,
  TCP_CA_Recovery,
  type tcp_congestion_ops,
  type tcp_sock,
} from '@tscc/vmlinux'

/*
 * DCTCP: RFC 8257, with the window counted in segments. Sections below are of that RFC. It needs switches that mark above a
 * threshold (section 3.1), and DCTCP at the receiver too, which tells of marks packet by packet (section 3.2).
 *
 * Where ECN was not negotiated it is Reno (RFC 5681). Linux's own then also stops to set ECT on what it sends, which a program
 * cannot do: such a connection should not be used where routers mark instead of dropping.
 *
 * As in Linux, marks and segments are counted in place of bytes (section 3.3), an alpha of less than g becomes 0, and a loss
 * halves the window (section 3.5).
 */

/** Weight of a round trip in alpha, as a shift: g = 1/16 (section 4.2). */
export const shift_g = tunable<u32>(4)
/** Alpha at first, in 1/1024: the first mark halves the window (section 3.3). */
export const alpha_on_init = tunable<u32>(1024)
/** Least window and threshold, segments. */
const MIN_CWND = 2

/** Alpha of 1: all segments were marked. */
const ALPHA_ONE = 1024
/** Bits of alpha. */
const ALPHA_BITS = 10
/** TCP_CONG_NEEDS_ECN: the stack negotiates ECN, sets ECT and tells of CE. */
const NEEDS_ECN = 2
/** tcp_sock.ecn_flags: ECN was negotiated, as RFC 3168 or as AccECN have it. */
const ECN_NEGOTIATED = 0x11
/** tcp_sock.ecn_flags: acknowledgements carry ECE. */
const ECN_DEMAND_CWR = 4
/** skc_state of sockets before a connection, for which nothing is negotiated yet. */
const STATE_CLOSE = 7
const STATE_LISTEN = 10
/** icsk_ack.pending: a delayed acknowledgement waits; one is to be sent at once. */
const ACK_TIMER = 2
const ACK_NOW = 16

interface Dctcp {
  /** Smoothed share of marked segments, in 1/1024 (DCTCP.Alpha). */
  alpha: u32
  /** tp.delivered and tp.delivered_ce when this round trip began. */
  old_delivered: u32
  old_delivered_ce: u32
  /** snd_nxt when this round trip began (DCTCP.WindowEnd). */
  window_end: u32
  /** Window before the last reduction, segments. */
  loss_cwnd: u32
  /** rcv_nxt when the CE mark changed. */
  prior_rcv_nxt: u32
  /** The last segment that came was marked (DCTCP.CE). */
  ce: u8
  /** ECN was negotiated; without that it is Reno. */
  ecn: u8
}

function new_window(tp: tcp_sock, v: Dctcp): void {
  v.window_end = tp.snd_nxt
  v.old_delivered = tp.delivered
  v.old_delivered_ce = tp.delivered_ce
}

/** Section 3.5: losses count as for Reno. */
function on_loss(tp: tcp_sock, v: Dctcp): void {
  v.loss_cwnd = tp.snd_cwnd
  tp.snd_ssthresh = max(tp.snd_cwnd / 2, MIN_CWND)
}

/** What acknowledgements say from now on. */
function set_ece(tp: tcp_sock, ce: boolean): void {
  if (ce) tp.ecn_flags |= ECN_DEMAND_CWR
  else tp.ecn_flags &= ~ECN_DEMAND_CWR
}

/** Section 3.2: where the mark changes, what came before is acknowledged with the old one, and this at once. */
function on_segment(tp: tcp_sock, v: Dctcp, ce: u8): void {
  if (v.ce !== ce) {
    if ((tp.inet_conn.icsk_ack.pending & ACK_TIMER) !== 0) {
      set_ece(tp, v.ce !== 0)
      bpf_tcp_send_ack(tp, v.prior_rcv_nxt)
    }
    tp.inet_conn.icsk_ack.pending |= ACK_NOW
  }
  v.prior_rcv_nxt = tp.rcv_nxt
  v.ce = ce
  set_ece(tp, ce !== 0)
}

export default structOps<tcp_congestion_ops>({
  name: 'ts_dctcp',
  flags: NEEDS_ECN,
  init(sk) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Dctcp>(sk)
    const state = sk.__sk_common.skc_state
    v.ecn = 0
    if ((tp.ecn_flags & ECN_NEGOTIATED) !== 0 || state === STATE_LISTEN || state === STATE_CLOSE) v.ecn = 1
    v.alpha = alpha_on_init.value
    v.loss_cwnd = 0
    v.prior_rcv_nxt = tp.rcv_nxt
    v.ce = 0
    new_window(tp, v)
  },
  /** Section 3.3: once in a round trip, alpha = alpha (1 - g) + g M, where M is the share of marked segments. */
  in_ack_event(sk, flags) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Dctcp>(sk)
    if (v.ecn === 0 || before(tp.snd_una, v.window_end)) return
    const marked = tp.delivered_ce - v.old_delivered_ce
    const decay = v.alpha >> shift_g.value
    let alpha = decay === 0 ? 0 : v.alpha - decay
    if (marked !== 0) {
      const delivered = max(tp.delivered - v.old_delivered, 1)
      alpha = min(alpha + (marked << (ALPHA_BITS - shift_g.value)) / delivered, ALPHA_ONE)
    }
    v.alpha = alpha
    new_window(tp, v)
  },
  /** Section 3.3: cwnd (1 - alpha / 2), which the stack asks for once in a window that has marks (CWR), or losses. */
  ssthresh(sk) {
    const cwnd = tcp_sk(sk).snd_cwnd
    const v = inet_csk_ca<Dctcp>(sk)
    if (v.ecn === 0) return max(cwnd / 2, MIN_CWND)
    v.loss_cwnd = cwnd
    return max(cwnd - ((cwnd * v.alpha) >> 11), MIN_CWND)
  },
  /** Section 3.4: growth is RFC 5681's. */
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
  set_state(sk, new_state) {
    const v = inet_csk_ca<Dctcp>(sk)
    if (v.ecn === 0 || new_state !== TCP_CA_Recovery || new_state === inet_csk(sk).icsk_ca_state) return
    on_loss(tcp_sk(sk), v)
  },
  cwnd_event(sk, ev) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Dctcp>(sk)
    if (v.ecn === 0) return
    if (ev === CA_EVENT_ECN_IS_CE) on_segment(tp, v, 1)
    else if (ev === CA_EVENT_ECN_NO_CE) on_segment(tp, v, 0)
    else if (ev === CA_EVENT_LOSS) on_loss(tp, v)
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Dctcp>(sk)
    return max(tp.snd_cwnd, v.ecn === 0 ? tp.prior_cwnd : v.loss_cwnd)
  },
})
