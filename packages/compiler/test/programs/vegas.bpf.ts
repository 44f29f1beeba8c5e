import {
  before,
  inet_csk_ca,
  max,
  min,
  structOps,
  tcp_cong_avoid_ai,
  tcp_in_slow_start,
  tcp_is_cwnd_limited,
  tcp_sk,
  tcp_slow_start,
  type u8,
  u32,
  u64,
} from '@tscc/bpf'
import {
  CA_EVENT_CWND_RESTART,
  CA_EVENT_TX_START,
  TCP_CA_Open,
  type tcp_congestion_ops,
  type tcp_sock,
} from '@tscc/vmlinux'

/** What is kept of each connection. */
interface Vegas {
  /** us, least ever seen */
  base_rtt: u32
  /** us, least of this round */
  min_rtt: u32
  samples: u32
  /** snd_nxt when this round began */
  round_end: u32
  /** Off while the stack recovers from loss. */
  on: u8
  /** Slow start grows every second round. */
  odd: u8
}

const ALPHA = 2
const BETA = 4
const GAMMA = 1
const NONE = 0x7fffffff

function new_round(tp: tcp_sock, v: Vegas): void {
  v.round_end = tp.snd_nxt
  v.samples = 0
  v.min_rtt = NONE
}

function reno(tp: tcp_sock, acked: u32): void {
  if (!tcp_is_cwnd_limited(tp)) return
  let left = acked
  if (tcp_in_slow_start(tp)) {
    left = tcp_slow_start(tp, acked)
    if (left === 0) return
  }
  tcp_cong_avoid_ai(tp, tp.snd_cwnd, left)
}

/** TCP Vegas: Brakmo and Peterson, IEEE JSAC 13(8), 1995. */
export default structOps<tcp_congestion_ops>({
  name: 'tsl_vegas',
  init(sk) {
    const v = inet_csk_ca<Vegas>(sk)
    v.base_rtt = NONE
    v.on = 1
    v.odd = 0
    new_round(tcp_sk(sk), v)
  },
  pkts_acked(sk, sample) {
    const v = inet_csk_ca<Vegas>(sk)
    if (sample.rtt_us < 0) return
    const rtt = u32(sample.rtt_us) + 1
    v.base_rtt = min(v.base_rtt, rtt)
    v.min_rtt = min(v.min_rtt, rtt)
    v.samples++
  },
  set_state(sk, state) {
    const v = inet_csk_ca<Vegas>(sk)
    if (state === TCP_CA_Open) {
      v.on = 1
      new_round(tcp_sk(sk), v)
    } else {
      v.on = 0
    }
  },
  cwnd_event(sk, event) {
    if (event === CA_EVENT_CWND_RESTART || event === CA_EVENT_TX_START) {
      const v = inet_csk_ca<Vegas>(sk)
      v.on = 1
      new_round(tcp_sk(sk), v)
    }
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Vegas>(sk)
    if (v.on === 0) {
      reno(tp, acked)
      return
    }
    if (!before(v.round_end, ack)) {
      if (v.odd !== 0 && tcp_in_slow_start(tp) && tcp_is_cwnd_limited(tp)) tcp_slow_start(tp, acked)
      return
    }
    if (v.samples < 3) {
      new_round(tp, v)
      reno(tp, acked)
      return
    }
    const rtt = v.min_rtt
    const base = v.base_rtt
    let cwnd = tp.snd_cwnd
    const diff = u32((u64(cwnd) * (rtt - base)) / rtt)
    v.odd ^= 1
    new_round(tp, v)
    if (tcp_in_slow_start(tp)) {
      if (diff <= GAMMA) {
        if (v.odd !== 0 && tcp_is_cwnd_limited(tp)) tcp_slow_start(tp, acked)
        return
      }
      cwnd = min(cwnd, u32((u64(cwnd) * base) / rtt) + 1)
    } else if (diff > BETA) {
      cwnd--
    } else if (diff < ALPHA) {
      cwnd++
    }
    tp.snd_cwnd = min(max(cwnd, 2), tp.snd_cwnd_clamp)
    tp.snd_ssthresh = min(tp.snd_ssthresh, max(cwnd, 3) - 1)
  },
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, 2)
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
