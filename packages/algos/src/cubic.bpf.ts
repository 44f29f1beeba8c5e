import {
  after,
  clamp,
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
import { CA_EVENT_TX_START, type sock, TCP_CA_Loss, type tcp_congestion_ops, type tcp_sock } from '@tscc/vmlinux'

/*
 * CUBIC: RFC 9438, with the window counted in segments. Sections below are of that RFC.
 *
 * Slow start ends by HyStart as Linux does it (S. Ha, I. Rhee, "Taming the elephants: New TCP slow start", Computer Networks
 * 55(9), 2011): by the length of the train of acknowledgements, or by a growing round trip time; not HyStart++ (RFC 9406).
 *
 * Deviates from the RFC, as Linux does: t + RTT of section 4.2 takes the least RTT seen; the Reno-friendly window grows with
 * its own alpha also above cwnd_prior (section 4.3); the target has no upper limit but growth has, of a segment for two that
 * are acknowledged (1.5 times the window in a round trip, section 4.4); before the first loss the window grows by at least a
 * twentieth in a round trip. From Linux: time is counted in microseconds, not in ticks, and idle time begins
 * when the last segment is acknowledged, not when it is sent.
 */

/** C of the cubic function, segments per second cubed, in 1/1024: 0.4 (section 5.1). */
export const cubic_c = tunable<u32>(410)
/** Factor of the window at a loss, in 1/1024: 0.7 (section 4.6). */
export const beta = tunable<u32>(717)
/** Segments acknowledged for each segment of growth before the first loss, at most. */
const MAX_PER_SEGMENT_BEFORE_LOSS = 20
/** Segments acknowledged for each segment of growth, at least. */
const MIN_PER_SEGMENT = 2
/** Least threshold after a loss, segments. */
const MIN_SSTHRESH = 2
/** The growth of an unchanged window is computed again after this long, us. */
const UPDATE_INTERVAL = 31250
/** Longest time from the plateau that the cubic function is computed for, in 1/1024 s; keeps its cube within 64 bits. */
const MAX_OFFSET = 0x40000

/** HyStart: least window that it looks at, segments. */
export const hystart_low_window = tunable<u32>(16)
/** HyStart: acknowledgements this close belong to one train, us. */
export const hystart_ack_gap_us = tunable<u32>(2000)
/** HyStart: samples of the round trip time that a round needs. */
export const hystart_min_samples = tunable<u32>(8)
/** HyStart: least and greatest growth of the round trip time that ends slow start, us. */
export const hystart_min_delay_us = tunable<u32>(4000)
export const hystart_max_delay_us = tunable<u32>(16000)
/** HyStart: what merged acknowledgements may add to a train at most, us. */
const HYSTART_MAX_ACK_DELAY = 1000
/** After a loss this long the round trip times are those of a queue that drains, us. */
const RECOVERY_TIME = 1000000
/** sk_pacing_status of a socket that is not paced. */
const SK_PACING_NONE = 0
/** Longer than any round trip time, us. */
const NO_RTT = 0xffffffff

interface Cubic {
  /** When this congestion avoidance stage began, us; 0: not begun (t_epoch of section 4.1). */
  epoch: u64
  /** When the growth was computed last, us. */
  last_update: u64
  /** Window just before the last reduction, segments (W_max). */
  w_max: u32
  /** Window at the plateau of the cubic function, segments. */
  origin: u32
  /** Time from the epoch to the plateau, in 1/1024 s (K). */
  k: u32
  /** Window that the growth was computed for. */
  last_cwnd: u32
  /** Segments acknowledged for each segment of growth. */
  per_segment: u32
  /** Window that Reno would have, segments (W_est). */
  w_est: u32
  /** Segments acknowledged that w_est has not grown by yet. */
  w_est_acked: u32
  /** Least round trip time, us; 0: none yet. */
  min_rtt: u32
  /** HyStart: start of the round and its last acknowledgement, us (they go around). */
  round_start: u32
  last_ack: u32
  /** HyStart: snd_nxt when the round began. */
  round_end: u32
  /** HyStart: least round trip time of the round, us. */
  round_rtt: u32
  /** HyStart: samples in the round. */
  samples: u8
  /** HyStart: slow start has ended. */
  found: u8
}

/** As before the first loss; the least round trip time goes too. */
function reset(v: Cubic): void {
  v.epoch = 0
  v.last_update = 0
  v.w_max = 0
  v.origin = 0
  v.k = 0
  v.last_cwnd = 0
  v.per_segment = 0
  v.w_est = 0
  v.w_est_acked = 0
  v.min_rtt = 0
  v.found = 0
}

function hystart_round(tp: tcp_sock, v: Cubic): void {
  const now = u32(tp.tcp_mstamp)
  v.round_start = now
  v.last_ack = now
  v.round_end = tp.snd_nxt
  v.round_rtt = NO_RTT
  v.samples = 0
}

/** The cube root, rounded down or up: Newton's steps from a power of two that is above it, less than twice. */
function cube_root(a: u64): u32 {
  let rest = a
  let x: u64 = 2
  if (rest >= 0x1000000000000) {
    rest = rest >> 48
    x = x << 16
  }
  if (rest >= 0x1000000) {
    rest = rest >> 24
    x = x << 8
  }
  if (rest >= 0x1000) {
    rest = rest >> 12
    x = x << 4
  }
  if (rest >= 0x40) {
    rest = rest >> 6
    x = x << 2
  }
  if (rest >= 8) x = x << 1
  // The error is squared by each: 5 of them bring it from a factor of 2 to less than 1e-7.
  for (let i = 0; i < 5; i++) x = (2 * x + a / (x * x)) / 3
  return u32(x)
}

/** Section 4.2: W_cubic(t) = C (t - K)^3 + W_max, at a time in 1/1024 s. */
function w_cubic(v: Cubic, t: u64): u32 {
  const early = t < v.k
  const offset = min(early ? v.k - t : t - v.k, MAX_OFFSET)
  const delta = u32((cubic_c.value * offset * offset * offset) >> 40)
  if (!early) return v.origin + delta
  return delta < v.origin ? v.origin - delta : 0
}

/** Sections 4.2 to 4.5: how many segments have to be acknowledged for the window to grow by one. */
function update(tp: tcp_sock, v: Cubic, acked: u32): void {
  const now = tp.tcp_mstamp
  const cwnd = tp.snd_cwnd
  v.w_est_acked += acked
  if (v.last_cwnd === cwnd && now - v.last_update <= UPDATE_INTERVAL) return
  v.last_cwnd = cwnd
  v.last_update = now
  if (v.epoch === 0) {
    v.epoch = now
    v.w_est_acked = acked
    v.w_est = cwnd
    if (v.w_max <= cwnd) {
      v.k = 0
      v.origin = cwnd
    } else {
      // Section 4.2, equation 2: K is the cube root of (W_max - cwnd) / C, in seconds.
      v.k = cube_root((u64(v.w_max - cwnd) << 40) / cubic_c.value)
      v.origin = v.w_max
    }
  }
  // Microseconds as 1/1024 s.
  const t = ((now - v.epoch + v.min_rtt) * 16) / 15625
  const target = w_cubic(v, t)
  let per_segment = target > cwnd ? cwnd / (target - cwnd) : 100 * cwnd
  if (v.w_max === 0) per_segment = min(per_segment, MAX_PER_SEGMENT_BEFORE_LOSS)
  // Section 4.3: W_est grows by alpha = 3 (1 - beta) / (1 + beta) for each window acknowledged.
  const window = (u64(cwnd) * (1024 + beta.value)) / (3 * (1024 - beta.value))
  if (v.w_est_acked > window) {
    const grown = u32(v.w_est_acked / window)
    v.w_est += grown
    v.w_est_acked -= u32(grown * window)
  }
  if (v.w_est > cwnd) per_segment = min(per_segment, cwnd / (v.w_est - cwnd))
  v.per_segment = max(per_segment, MIN_PER_SEGMENT)
}

/** What merging in the stack and in devices may delay acknowledgements by: four of the largest packets at the current rate, us. */
function ack_delay(sk: sock): u32 {
  const rate = sk.sk_pacing_rate
  if (rate === 0) return 0
  return u32(min((u64(sk.sk_gso_max_size) * 4 * 1000000) / rate, HYSTART_MAX_ACK_DELAY))
}

/** Ha and Rhee 2011, section 4: has the window reached what the path holds? */
function hystart(sk: sock, tp: tcp_sock, v: Cubic, rtt: u32): void {
  if (after(tp.snd_una, v.round_end)) hystart_round(tp, v)
  if (tp.snd_cwnd < hystart_low_window.value) return
  const now = u32(tp.tcp_mstamp)
  let found = false
  if (now - v.last_ack <= hystart_ack_gap_us.value) {
    v.last_ack = now
    // A train as long as half the round trip fills the path one way; what is paced comes over the whole of it.
    let length = v.min_rtt + ack_delay(sk)
    if (sk.sk_pacing_status === SK_PACING_NONE) length = length >> 1
    if (now - v.round_start > length) found = true
  }
  v.round_rtt = min(v.round_rtt, rtt)
  if (v.samples < hystart_min_samples.value) v.samples++
  else if (v.round_rtt > v.min_rtt + clamp(v.min_rtt >> 3, hystart_min_delay_us.value, hystart_max_delay_us.value))
    found = true
  if (found) {
    v.found = 1
    tp.snd_ssthresh = tp.snd_cwnd
  }
}

/** Section 5.8: time in which nothing was sent is none of the cubic function's. */
function after_idle(tp: tcp_sock, v: Cubic): void {
  const now = tp.tcp_mstamp
  if (v.epoch === 0 || tp.delivered_mstamp >= now) return
  v.epoch = min(v.epoch + (now - tp.delivered_mstamp), now)
}

export default structOps<tcp_congestion_ops>({
  name: 'ts_cubic',
  init(sk) {
    const v = inet_csk_ca<Cubic>(sk)
    reset(v)
    hystart_round(tcp_sk(sk), v)
  },
  cwnd_event(sk, ev) {
    if (ev === CA_EVENT_TX_START) after_idle(tcp_sk(sk), inet_csk_ca<Cubic>(sk))
  },
  /** What cwnd_event(CA_EVENT_TX_START) was, from Linux 7.1 on. */
  cwnd_event_tx_start(sk) {
    after_idle(tcp_sk(sk), inet_csk_ca<Cubic>(sk))
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    if (!tcp_is_cwnd_limited(tp)) return
    let left = acked
    if (tcp_in_slow_start(tp)) {
      left = tcp_slow_start(tp, acked)
      if (left === 0) return
    }
    const v = inet_csk_ca<Cubic>(sk)
    update(tp, v, left)
    tcp_cong_avoid_ai(tp, v.per_segment, left)
  },
  pkts_acked(sk, sample) {
    if (sample.rtt_us < 0) return
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Cubic>(sk)
    if (v.epoch !== 0 && tp.tcp_mstamp - v.epoch < RECOVERY_TIME) return
    const rtt = max(u32(sample.rtt_us), 1)
    if (v.min_rtt === 0 || v.min_rtt > rtt) v.min_rtt = rtt
    if (v.found === 0 && tcp_in_slow_start(tp)) hystart(sk, tp, v, rtt)
  },
  /** Section 4.6, and 4.7: a flow that lost before it was back where it lost last makes room (fast convergence). */
  ssthresh(sk) {
    const cwnd = tcp_sk(sk).snd_cwnd
    const v = inet_csk_ca<Cubic>(sk)
    v.epoch = 0
    v.w_max = cwnd < v.w_max ? (cwnd * (1024 + beta.value)) / 2048 : cwnd
    return max((cwnd * beta.value) / 1024, MIN_SSTHRESH)
  },
  /** Section 4.8: after a timeout all begins anew. */
  set_state(sk, new_state) {
    if (new_state !== TCP_CA_Loss) return
    const v = inet_csk_ca<Cubic>(sk)
    reset(v)
    hystart_round(tcp_sk(sk), v)
  },
  /** Section 4.9. */
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
