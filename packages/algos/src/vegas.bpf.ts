import {
  before,
  type bool,
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

/*
 * TCP Vegas: L. Brakmo and L. Peterson, "TCP Vegas: End to End Congestion Avoidance on a Global Internet", IEEE Journal on
 * Selected Areas in Communications 13(8), 1995. Sections below are of that paper.
 *
 * Once per round trip: Diff, the segments of the window that wait in queues, is looked at.
 *
 * Deviates from the paper as Linux's own Vegas does: the round trip time is the least of a round, so that delayed
 * acknowledgements do not count as queue; the time that queues add is measured in BaseRTTs, where the paper's
 * (Expected - Actual) * BaseRTT comes to round trip times, so that a queue of n segments counts as n * RTT / BaseRTT; slow start
 * doubles in each round unless `slow_start_rounds` says 2, as the paper; rounds with fewer than three samples, and recovery
 * from losses, are Reno's; retransmission (section IV-A) is the stack's.
 */

/** Fewer segments than this in queues: the window grows (section IV-B). */
export const alpha = tunable<u32>(2)
/** More segments than this in queues: the window shrinks (section IV-B). */
export const beta = tunable<u32>(4)
/** More segments than this in queues end slow start (section IV-C). */
export const gamma = tunable<u32>(1)
/** Slow start grows in one of so many rounds: 2 in the paper, so that the others can be compared (section IV-C), 1 in Linux. */
export const slow_start_rounds = tunable<u32>(1)
/** Samples of the round trip time that a round needs to be judged. */
export const min_samples = tunable<u32>(3)
/** Least window and threshold, segments. */
const MIN_CWND = 2
/** Longer than any round trip time, us. */
const NO_RTT = 0x7fffffff

interface Vegas {
  /** Least round trip time ever seen, us. */
  base_rtt: u32
  /** Least round trip time of this round, us. */
  min_rtt: u32
  /** Samples in this round. */
  samples: u32
  /** snd_nxt when this round began. */
  round_end: u32
  /** Off while the stack recovers from loss. */
  on: u8
  /** Rounds of slow start since it grew last. */
  resting: u8
}

function new_round(tp: tcp_sock, v: Vegas): void {
  v.round_end = tp.snd_nxt
  v.samples = 0
  v.min_rtt = NO_RTT
}

/** Begin measuring anew, after recovery and after idle time. */
function start(tp: tcp_sock, v: Vegas): void {
  v.on = 1
  new_round(tp, v)
}

/** Is this a round in which slow start grows? */
function grows(v: Vegas): bool {
  return v.resting === 0
}

/** Slow start and congestion avoidance as RFC 5681, section 3.1, has them. */
function reno(tp: tcp_sock, acked: u32): void {
  if (!tcp_is_cwnd_limited(tp)) return
  let left = acked
  if (tcp_in_slow_start(tp)) {
    left = tcp_slow_start(tp, acked)
    if (left === 0) return
  }
  tcp_cong_avoid_ai(tp, tp.snd_cwnd, left)
}

export default structOps<tcp_congestion_ops>({
  name: 'ts_vegas',
  init(sk) {
    const v = inet_csk_ca<Vegas>(sk)
    v.base_rtt = NO_RTT
    v.resting = 0
    start(tcp_sk(sk), v)
  },
  pkts_acked(sk, sample) {
    const v = inet_csk_ca<Vegas>(sk)
    if (sample.rtt_us < 0) return
    // Never 0, since it divides.
    const rtt = u32(sample.rtt_us) + 1
    v.base_rtt = min(v.base_rtt, rtt)
    v.min_rtt = min(v.min_rtt, rtt)
    v.samples++
  },
  set_state(sk, new_state) {
    const v = inet_csk_ca<Vegas>(sk)
    if (new_state === TCP_CA_Open) start(tcp_sk(sk), v)
    else v.on = 0
  },
  cwnd_event(sk, ev) {
    if (ev === CA_EVENT_CWND_RESTART || ev === CA_EVENT_TX_START) start(tcp_sk(sk), inet_csk_ca<Vegas>(sk))
  },
  /** What cwnd_event(CA_EVENT_TX_START) was, from Linux 7.1 on. */
  cwnd_event_tx_start(sk) {
    start(tcp_sk(sk), inet_csk_ca<Vegas>(sk))
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Vegas>(sk)
    if (v.on === 0) {
      reno(tp, acked)
      return
    }
    if (!before(v.round_end, ack)) {
      if (tcp_in_slow_start(tp) && grows(v) && tcp_is_cwnd_limited(tp)) tcp_slow_start(tp, acked)
      return
    }
    if (v.samples < min_samples.value) {
      new_round(tp, v)
      reno(tp, acked)
      return
    }
    const rtt = v.min_rtt
    const base = v.base_rtt
    let cwnd = tp.snd_cwnd
    const diff = u32((u64(cwnd) * (rtt - base)) / base)
    v.resting++
    if (v.resting >= slow_start_rounds.value) v.resting = 0
    new_round(tp, v)
    if (tcp_in_slow_start(tp)) {
      if (diff <= gamma.value) {
        if (grows(v) && tcp_is_cwnd_limited(tp)) tcp_slow_start(tp, acked)
        return
      }
      // Section IV-C: leave with the window that the path holds without a queue.
      cwnd = min(cwnd, u32((u64(cwnd) * base) / rtt) + 1)
    } else if (diff > beta.value) {
      cwnd--
    } else if (diff < alpha.value && tcp_is_cwnd_limited(tp)) {
      cwnd++
    }
    cwnd = max(min(cwnd, tp.snd_cwnd_clamp), MIN_CWND)
    tp.snd_cwnd = cwnd
    tp.snd_ssthresh = min(tp.snd_ssthresh, cwnd)
  },
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, MIN_CWND)
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
