import {
  after,
  before,
  bpf_get_prandom_u32,
  inet_csk,
  inet_csk_ca,
  max,
  min,
  s32,
  structOps,
  tcp_sk,
  tunable,
  u8,
  u16,
  u32,
  u64,
} from '@tscc/bpf'
import {
  CA_EVENT_TX_START,
  type rate_sample,
  type sock,
  TCP_CA_Loss,
  TCP_CA_Recovery,
  type tcp_congestion_ops,
  type tcp_sock,
} from '@tscc/vmlinux'

/*
 * BBR, version 1: draft-cardwell-iccrg-bbr-congestion-control-00 (sections below are of it), and N. Cardwell, Y. Cheng,
 * C. Gunn, S. Yeganeh, V. Jacobson, "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016.
 *
 * It needs pacing: Linux 6.1 or newer, before which programs may not set the pacing rate.
 *
 * Beyond the draft, as Linux does: the window has room for aggregated acknowledgements; a flow that a policer limits is seen
 * by its losses, and paced at the policer's rate; windows are rounded up for offloads; what is in flight is counted for when
 * the next packet will leave; the pacing rate is 1 % below the bandwidth. An expired RTprop is not renewed by a delayed
 * acknowledgement.
 *
 * Deviates from Linux: the samples of ProbeRTT, which it makes the stack call application-limited, are told apart by what
 * was delivered when they were sent, since programs may not say so before 6.12. Time is counted in microseconds and in units
 * of 1.024 ms, not in ticks.
 */

/** Gains in 1/256. Startup: 2/ln(2), the least that doubles the rate in each round (section 4.3.2.1). */
export const high_gain = tunable<u32>(739)
/** Drain: the inverse (section 4.3.3). */
export const drain_gain = tunable<u32>(88)
/** Window in ProbeBW, times the bandwidth-delay product (section 4.3.4.1). */
export const probe_bw_cwnd_gain = tunable<u32>(512)
/** Phases of ProbeBW: the first probes, the second drains, the others cruise (section 4.3.4.1). */
const PROBE_GAIN = 320
const PROBE_DRAIN_GAIN = 192
/** A gain of 1. */
const ONE = 256
/** Phases of a cycle, a power of two. */
const CYCLE_PHASES = 8

/** Rounds that the bandwidth filter looks back (BtlBwFilterLen, section 4.1.1). */
export const bw_rounds = tunable<u32>(10)
/** The pipe is full after this many rounds with growth below this gain (section 4.3.2.2). */
export const full_bw_rounds = tunable<u32>(3)
export const full_bw_gain = tunable<u32>(320)
/** How long an RTprop is good for: 10 s in 1.024 ms (RTpropFilterLen, section 4.1.2.2). */
export const min_rtt_window = tunable<u32>(9766)
/** Time in ProbeRTT: 200 ms in 1.024 ms (section 4.3.5). */
export const probe_rtt_time = tunable<u32>(195)
/** Least window, segments (BBRMinPipeCwnd, section 4.2.3.3). */
export const min_cwnd = tunable<u32>(4)
/** Window before anything was measured, segments (RFC 6928). */
const INITIAL_CWND = 10
/** Bandwidth below which segments leave one by one, bytes/s: 1.2 Mbit/s (section 4.2.2). */
const MIN_TSO_RATE = 150000
/** Largest packet for the device, bytes, and most segments of one. */
const MAX_TSO_BYTES = 65215
const MAX_TSO_SEGMENTS = 127
/** Part of the bandwidth that is paced at, in 1/100. */
export const pacing_percent = tunable<u32>(99)
/** Send buffer, times the window. */
const SNDBUF_EXPAND = 3

/** Aggregation: share of what came beyond the bandwidth that the window gets on top, in 1/256. */
export const extra_acked_gain = tunable<u32>(256)
/** Aggregation: rounds of each half of the filter. */
const EXTRA_ACKED_ROUNDS = 5
/** Aggregation: acknowledged segments after which counting begins anew. */
const EXTRA_ACKED_RESET = 1048576
/** Aggregation: most that the window gets, us at the bandwidth. */
const EXTRA_ACKED_TIME = 100000

/** Policers: least and greatest rounds of a sample. */
const POLICER_MIN_ROUNDS = 4
const POLICER_MAX_ROUNDS = 16
/** Policers: share of lost segments of a sample, in 1/256. */
const POLICER_LOSS = 50
/** Policers: two samples are the same within this share, in 1/256, or within this many bytes/s. */
const POLICER_RATIO = 32
const POLICER_DIFF = 500
/** Policers: rounds after which their rate is doubted. */
const POLICER_USE_ROUNDS = 48

/** States (section 4.3). */
const STARTUP = 0
const DRAIN = 1
const PROBE_BW = 2
const PROBE_RTT = 3

/** Bandwidths are in segments per microsecond, in 1/2^24. */
const BW_UNIT = 0x1000000
const BW_SHIFT = 24
/** No time was measured. */
const NO_RTT = 0xffffffff
/** No threshold: TCP_INFINITE_SSTHRESH. */
const NO_SSTHRESH = 0x7fffffff
/** sk_pacing_status. */
const SK_PACING_NONE = 0
const SK_PACING_NEEDED = 1

interface Bbr {
  /** The greatest bandwidths of the last rounds: the best, the best after it, and the best after that. */
  bw0: u32
  bw1: u32
  bw2: u32
  /** Rounds in which they were measured (they go around). */
  bw0_round: u16
  bw1_round: u16
  bw2_round: u16
  /** Rounds so far. */
  rounds: u16
  /** RTprop, us. */
  min_rtt: u32
  /** When it was measured, 1.024 ms. */
  min_rtt_stamp: u32
  /** When ProbeRTT is to end, 1.024 ms; 0: not known yet. */
  probe_rtt_done: u32
  /** tp.delivered at which this round ends. */
  round_end: u32
  /** tp.delivered between which what is sent in ProbeRTT says nothing of the bandwidth. */
  probe_rtt_from: u32
  probe_rtt_until: u32
  /** When the phase of ProbeBW began, us (goes around). */
  cycle_start: u32
  /** Window before recovery or ProbeRTT, segments. */
  prior_cwnd: u32
  /** Bandwidth that Startup has to exceed to go on. */
  full_bw: u32
  /** Aggregation: when counting began, us (goes around), and what was acknowledged since. */
  ack_epoch: u32
  ack_epoch_acked: u32
  /** Aggregation: most that came beyond the bandwidth, in this half of the filter and in the one before. */
  extra_acked: u16
  extra_acked_before: u16
  /** Policers: bandwidth of the last sample, and tp.delivered, tp.lost and the time when this one began. */
  policer_bw: u32
  policer_delivered: u32
  policer_lost: u32
  policer_stamp: u32
  policer_rounds: u8
  policer_sampling: u8
  policer_found: u8
  state: u8
  cycle_phase: u8
  full_bw_rounds: u8
  extra_acked_rounds: u8
  /** icsk_ca_state when the last acknowledgement came. */
  prev_ca_state: u8
  full_pipe: u8
  packet_conservation: u8
  idle_restart: u8
  probe_rtt_round_done: u8
  probe_rtt_limited: u8
  has_seen_rtt: u8
}

/** Time in 1.024 ms. */
function coarse_time(tp: tcp_sock): u32 {
  return u32(tp.tcp_mstamp >> 10)
}

function in_flight(tp: tcp_sock): u32 {
  return tp.packets_out - tp.sacked_out - tp.lost_out + tp.retrans_out
}

/** Bandwidth that is worked with: the policer's, or the greatest of the last rounds. */
function bandwidth(v: Bbr): u32 {
  return v.policer_found !== 0 ? v.policer_bw : v.bw0
}

function pacing_gain(v: Bbr): u32 {
  if (v.state === STARTUP) return high_gain.value
  if (v.state === DRAIN) return drain_gain.value
  if (v.state === PROBE_RTT || v.policer_found !== 0) return ONE
  if (v.cycle_phase === 0) return PROBE_GAIN
  return v.cycle_phase === 1 ? PROBE_DRAIN_GAIN : ONE
}

function cwnd_gain(v: Bbr): u32 {
  if (v.state === PROBE_BW) return probe_bw_cwnd_gain.value
  return v.state === PROBE_RTT ? ONE : high_gain.value
}

/** Section 4.2.1: bytes/s at a gain. */
function rate_of(sk: sock, tp: tcp_sock, bw: u32, gain: u32): u64 {
  const bytes = (u64(bw) * tp.mss_cache * gain) >> 8
  return min((bytes * (10000 * pacing_percent.value)) >> BW_SHIFT, sk.sk_max_pacing_rate)
}

/** Section 4.2.1: the rate at first, of the initial window in a round trip, or in 1 ms. */
function init_pacing_rate(sk: sock, tp: tcp_sock, v: Bbr): void {
  let rtt: u32 = 1000
  if (tp.srtt_us !== 0) {
    rtt = max(tp.srtt_us >> 3, 1)
    v.has_seen_rtt = 1
  }
  sk.sk_pacing_rate = rate_of(sk, tp, u32((u64(tp.snd_cwnd) * BW_UNIT) / rtt), high_gain.value)
}

/** Section 4.2.1: before the pipe is full the rate only grows. */
function set_pacing_rate(sk: sock, tp: tcp_sock, v: Bbr, gain: u32): void {
  const rate = rate_of(sk, tp, bandwidth(v), gain)
  if (v.has_seen_rtt === 0 && tp.srtt_us !== 0) init_pacing_rate(sk, tp, v)
  if (v.full_pipe !== 0 || rate > sk.sk_pacing_rate) sk.sk_pacing_rate = rate
}

function min_segments(sk: sock): u32 {
  return sk.sk_pacing_rate < MIN_TSO_RATE ? 1 : 2
}

/** Section 4.2.2: segments that leave at once. */
function send_quantum(sk: sock, tp: tcp_sock): u32 {
  const bytes = u32(min(sk.sk_pacing_rate >> sk.sk_pacing_shift, MAX_TSO_BYTES))
  return min(max(bytes / tp.mss_cache, min_segments(sk)), MAX_TSO_SEGMENTS)
}

/** Section 4.2.3.2: the bandwidth-delay product at a gain, segments, rounded up. */
function bdp(v: Bbr, bw: u32, gain: u32): u32 {
  if (v.min_rtt === NO_RTT) return INITIAL_CWND
  return u32((((u64(bw) * v.min_rtt * gain) >> 8) + (BW_UNIT - 1)) >> BW_SHIFT)
}

/** Section 4.2.3.2: three quanta on top, even, and two for the probing phase, which small windows would not probe with. */
function with_quanta(sk: sock, tp: tcp_sock, v: Bbr, segments: u32): u32 {
  let cwnd = segments + 3 * send_quantum(sk, tp)
  cwnd = (cwnd + 1) & ~1
  if (v.state === PROBE_BW && v.cycle_phase === 0) cwnd += 2
  return cwnd
}

/** Section 4.2.3.2: BBRInflight. */
function inflight(sk: sock, tp: tcp_sock, v: Bbr, gain: u32): u32 {
  return with_quanta(sk, tp, v, bdp(v, v.bw0, gain))
}

/** What of `now` will be in flight when the next packet leaves, which pacing may hold. */
function inflight_at_departure(sk: sock, tp: tcp_sock, v: Bbr, now: u32): u32 {
  const clock = tp.tcp_clock_cache
  const departure = max(tp.tcp_wstamp_ns, clock)
  const delivered = u32((u64(bandwidth(v)) * u32((departure - clock) / 1000)) >> BW_SHIFT)
  let then = now
  if (pacing_gain(v) > ONE) then += send_quantum(sk, tp)
  return delivered < then ? then - delivered : 0
}

/** Section 4.2.3.4: BBRSaveCwnd. */
function save_cwnd(tp: tcp_sock, v: Bbr): void {
  if (v.prev_ca_state < TCP_CA_Recovery && v.state !== PROBE_RTT) v.prior_cwnd = tp.snd_cwnd
  else v.prior_cwnd = max(v.prior_cwnd, tp.snd_cwnd)
}

/** A new bandwidth in the filter: three of the best, each later than the one before it, and none older than the window. */
function filter_bw(v: Bbr, bw: u32): void {
  const now = v.rounds
  if (bw >= v.bw0 || u16(now - v.bw2_round) > bw_rounds.value) {
    v.bw0 = bw
    v.bw1 = bw
    v.bw2 = bw
    v.bw0_round = now
    v.bw1_round = now
    v.bw2_round = now
    return
  }
  if (bw >= v.bw1) {
    v.bw1 = bw
    v.bw2 = bw
    v.bw1_round = now
    v.bw2_round = now
  } else if (bw >= v.bw2) {
    v.bw2 = bw
    v.bw2_round = now
  }
  const age = u16(now - v.bw0_round)
  if (age > bw_rounds.value) {
    // The best is too old: the others move up, the second once more if it is too old as well.
    v.bw0 = v.bw1
    v.bw0_round = v.bw1_round
    v.bw1 = v.bw2
    v.bw1_round = v.bw2_round
    v.bw2 = bw
    v.bw2_round = now
    if (u16(now - v.bw0_round) > bw_rounds.value) {
      v.bw0 = v.bw1
      v.bw0_round = v.bw1_round
      v.bw1 = v.bw2
      v.bw1_round = v.bw2_round
    }
  } else if (v.bw1_round === v.bw0_round && age > bw_rounds.value / 4) {
    // A quarter of the window without a second: this is it.
    v.bw1 = bw
    v.bw2 = bw
    v.bw1_round = now
    v.bw2_round = now
  } else if (v.bw2_round === v.bw1_round && age > bw_rounds.value / 2) {
    v.bw2 = bw
    v.bw2_round = now
  }
}

function begin_policer_sample(tp: tcp_sock, v: Bbr): void {
  v.policer_stamp = u32(tp.delivered_mstamp / 1000)
  v.policer_delivered = tp.delivered
  v.policer_lost = tp.lost
  v.policer_rounds = 0
}

function forget_policer(tp: tcp_sock, v: Bbr): void {
  v.policer_bw = 0
  v.policer_found = 0
  v.policer_sampling = 0
  begin_policer_sample(tp, v)
}

/** Two samples in a row with about the same bandwidth and many losses are a policer's. */
function end_policer_sample(sk: sock, tp: tcp_sock, v: Bbr, bw: u32): void {
  if (v.policer_bw !== 0) {
    const diff = bw > v.policer_bw ? bw - v.policer_bw : v.policer_bw - bw
    if (u64(diff) * 256 <= u64(POLICER_RATIO) * v.policer_bw || rate_of(sk, tp, diff, ONE) <= POLICER_DIFF) {
      v.policer_bw = u32((u64(bw) + v.policer_bw) >> 1)
      v.policer_found = 1
      v.policer_rounds = 0
      return
    }
  }
  v.policer_bw = bw
  begin_policer_sample(tp, v)
}

function enter_probe_bw(tp: tcp_sock, v: Bbr): void {
  v.state = PROBE_BW
  // Section 4.3.4.2: any phase but the draining one.
  const phase = CYCLE_PHASES - 1 - (bpf_get_prandom_u32() % (CYCLE_PHASES - 1))
  v.cycle_phase = u8(phase)
  next_phase(tp, v)
}

/** Section 4.3.4.3: BBRAdvanceCyclePhase. */
function next_phase(tp: tcp_sock, v: Bbr): void {
  v.cycle_phase = u8((v.cycle_phase + 1) & (CYCLE_PHASES - 1))
  v.cycle_start = u32(tp.delivered_mstamp)
}

/** Is the path limited by a policer, which lets bursts through and then drops what exceeds its rate? */
function look_for_policer(sk: sock, tp: tcp_sock, v: Bbr, lost: boolean, limited: boolean, round_start: boolean): void {
  if (v.policer_found !== 0) {
    if (v.state === PROBE_BW && round_start) {
      v.policer_rounds++
      if (v.policer_rounds >= POLICER_USE_ROUNDS) {
        forget_policer(tp, v)
        enter_probe_bw(tp, v)
      }
    }
    return
  }
  // A sample begins with the first loss, so that the policer has no tokens left.
  if (v.policer_sampling === 0) {
    if (!lost) return
    begin_policer_sample(tp, v)
    v.policer_sampling = 1
  }
  if (limited) {
    forget_policer(tp, v)
    return
  }
  if (round_start) v.policer_rounds++
  if (v.policer_rounds < POLICER_MIN_ROUNDS) return
  if (v.policer_rounds > POLICER_MAX_ROUNDS) {
    forget_policer(tp, v)
    return
  }
  // And ends with a loss.
  if (!lost) return
  const delivered = tp.delivered - v.policer_delivered
  const share = (tp.lost - v.policer_lost) << 8
  if (s32(delivered) <= 0 || share < POLICER_LOSS * delivered) return
  const time = u32(tp.delivered_mstamp / 1000) - v.policer_stamp
  if (s32(time) < 1) return
  if (time >= NO_RTT / 1000) {
    forget_policer(tp, v)
    return
  }
  end_policer_sample(sk, tp, v, u32((u64(delivered) * BW_UNIT) / (u64(time) * 1000)))
}

/** Aggregation: what was acknowledged beyond the bandwidth, the greatest of the last rounds. */
function update_ack_aggregation(tp: tcp_sock, v: Bbr, rs: rate_sample, round_start: boolean): void {
  if (rs.acked_sacked === 0 || rs.delivered < 0 || rs.interval_us <= 0) return
  if (round_start) {
    v.extra_acked_rounds = u8(min(v.extra_acked_rounds + 1, 31))
    if (v.extra_acked_rounds >= EXTRA_ACKED_ROUNDS) {
      v.extra_acked_rounds = 0
      v.extra_acked_before = v.extra_acked
      v.extra_acked = 0
    }
  }
  const now = u32(tp.delivered_mstamp)
  let expected = (u64(bandwidth(v)) * (now - v.ack_epoch)) >> BW_SHIFT
  // What is slower than the bandwidth begins anew.
  if (v.ack_epoch_acked <= expected || v.ack_epoch_acked + rs.acked_sacked >= EXTRA_ACKED_RESET) {
    v.ack_epoch_acked = 0
    v.ack_epoch = now
    expected = 0
  }
  v.ack_epoch_acked = min(v.ack_epoch_acked + rs.acked_sacked, EXTRA_ACKED_RESET - 1)
  const extra = min(min(v.ack_epoch_acked - u32(expected), tp.snd_cwnd), 0xffff)
  if (extra > v.extra_acked) v.extra_acked = u16(extra)
}

/** Section 4.3.4.3: BBRIsNextCyclePhase. */
function is_next_phase(sk: sock, tp: tcp_sock, v: Bbr, rs: rate_sample): boolean {
  const is_full_length = u32(tp.delivered_mstamp) - v.cycle_start > v.min_rtt
  const gain = pacing_gain(v)
  if (gain === ONE) return is_full_length
  const then = inflight_at_departure(sk, tp, v, rs.prior_in_flight)
  if (gain > ONE) return is_full_length && (rs.losses > 0 || then >= inflight(sk, tp, v, gain))
  return is_full_length || then <= inflight(sk, tp, v, ONE)
}

/** Section 4.3.2.2: BBRCheckFullPipe, at the start of a round. */
function check_full_pipe(v: Bbr): void {
  if (v.full_pipe !== 0) return
  if (u64(v.bw0) * 256 >= u64(v.full_bw) * full_bw_gain.value) {
    v.full_bw = v.bw0
    v.full_bw_rounds = 0
    return
  }
  v.full_bw_rounds++
  if (v.full_bw_rounds >= full_bw_rounds.value) v.full_pipe = 1
}

/** Section 4.3.3: BBRCheckDrain. */
function check_drain(sk: sock, tp: tcp_sock, v: Bbr): void {
  if (v.state === STARTUP && v.full_pipe !== 0) {
    v.state = DRAIN
    tp.snd_ssthresh = inflight(sk, tp, v, ONE)
  }
  if (v.state === DRAIN && inflight_at_departure(sk, tp, v, in_flight(tp)) <= inflight(sk, tp, v, ONE))
    enter_probe_bw(tp, v)
}

/** Section 4.3.5: the window comes back when its time is over. */
function check_probe_rtt_done(tp: tcp_sock, v: Bbr): void {
  if (v.probe_rtt_done === 0 || !after(coarse_time(tp), v.probe_rtt_done)) return
  v.min_rtt_stamp = coarse_time(tp)
  tp.snd_cwnd = max(tp.snd_cwnd, v.prior_cwnd)
  if (v.full_pipe === 0) v.state = STARTUP
  else enter_probe_bw(tp, v)
}

/** Sections 4.1.2.3 and 4.3.5: RTprop, and ProbeRTT when it is too old. */
function update_min_rtt(tp: tcp_sock, v: Bbr, rs: rate_sample, round_start: boolean): void {
  const now = coarse_time(tp)
  const expired = after(now, v.min_rtt_stamp + min_rtt_window.value)
  if (rs.rtt_us >= 0 && (u32(rs.rtt_us) < v.min_rtt || (expired && !rs.is_ack_delayed))) {
    v.min_rtt = u32(rs.rtt_us)
    v.min_rtt_stamp = now
  }
  if (expired && v.idle_restart === 0 && v.state !== PROBE_RTT) {
    v.state = PROBE_RTT
    save_cwnd(tp, v)
    v.probe_rtt_done = 0
    v.probe_rtt_limited = 1
    v.probe_rtt_from = tp.delivered
  }
  if (v.state === PROBE_RTT) {
    v.probe_rtt_until = tp.delivered + in_flight(tp)
    if (v.probe_rtt_done === 0) {
      if (in_flight(tp) <= min_cwnd.value) {
        v.probe_rtt_done = max(now + probe_rtt_time.value, 1)
        v.probe_rtt_round_done = 0
        v.round_end = tp.delivered
      }
    } else {
      if (round_start) v.probe_rtt_round_done = 1
      if (v.probe_rtt_round_done !== 0) check_probe_rtt_done(tp, v)
    }
  }
  if (rs.delivered > 0) v.idle_restart = 0
}

/** Does a sample say nothing of the bandwidth, since less was sent than the path holds? */
function is_limited(v: Bbr, rs: rate_sample): boolean {
  if (rs.is_app_limited) return true
  if (v.probe_rtt_limited === 0) return false
  if (!after(rs.prior_delivered, v.probe_rtt_until)) return !before(rs.prior_delivered, v.probe_rtt_from)
  if (v.state !== PROBE_RTT) v.probe_rtt_limited = 0
  return false
}

/** Sections 4.1 and 4.3: BBRUpdateModelAndState. */
function update_model(sk: sock, tp: tcp_sock, v: Bbr, rs: rate_sample): void {
  let round_start = false
  let limited = rs.is_app_limited
  if (rs.delivered >= 0 && rs.interval_us > 0) {
    limited = is_limited(v, rs)
    // Section 4.1.1: a round ends when what was sent at its start is acknowledged.
    if (!before(rs.prior_delivered, v.round_end)) {
      v.round_end = tp.delivered
      v.rounds++
      v.packet_conservation = 0
      round_start = true
    }
    look_for_policer(sk, tp, v, rs.losses > 0, limited, round_start)
    const bw = u32((u64(rs.delivered) * BW_UNIT) / u64(rs.interval_us))
    if (!limited || bw >= v.bw0) filter_bw(v, bw)
  }
  update_ack_aggregation(tp, v, rs, round_start)
  if (v.state === PROBE_BW && is_next_phase(sk, tp, v, rs)) next_phase(tp, v)
  if (round_start && !limited) check_full_pipe(v)
  check_drain(sk, tp, v)
  update_min_rtt(tp, v, rs, round_start)
}

/** Section 4.2.3.4: the window while losses are repaired; is it packet conservation's? */
function modulate_for_recovery(tp: tcp_sock, v: Bbr, rs: rate_sample): boolean {
  const ca_state = inet_csk(tp).icsk_ca_state
  const before_this = v.prev_ca_state
  let cwnd = tp.snd_cwnd
  if (rs.losses > 0) {
    const losses = u32(rs.losses)
    cwnd = cwnd > losses ? cwnd - losses : 1
  }
  if (ca_state === TCP_CA_Recovery && before_this !== TCP_CA_Recovery) {
    v.packet_conservation = 1
    v.round_end = tp.delivered
    cwnd = in_flight(tp) + rs.acked_sacked
  } else if (before_this >= TCP_CA_Recovery && ca_state < TCP_CA_Recovery) {
    cwnd = max(cwnd, v.prior_cwnd)
    v.packet_conservation = 0
  }
  v.prev_ca_state = ca_state
  if (v.packet_conservation !== 0) cwnd = max(cwnd, in_flight(tp) + rs.acked_sacked)
  tp.snd_cwnd = min(cwnd, tp.snd_cwnd_clamp)
  return v.packet_conservation !== 0
}

/** Section 4.2.3.6: BBRSetCwnd. */
function set_cwnd(sk: sock, tp: tcp_sock, v: Bbr, rs: rate_sample): void {
  const acked = rs.acked_sacked
  if (acked !== 0 && !modulate_for_recovery(tp, v, rs)) {
    const bw = bandwidth(v)
    let target = bdp(v, bw, cwnd_gain(v))
    if (v.full_pipe !== 0) {
      const extra = (u32(max(v.extra_acked, v.extra_acked_before)) * extra_acked_gain.value) >> 8
      target += min(extra, u32((u64(bw) * EXTRA_ACKED_TIME) >> BW_SHIFT))
    }
    target = with_quanta(sk, tp, v, target)
    let cwnd = tp.snd_cwnd
    if (v.full_pipe !== 0) cwnd = min(cwnd + acked, target)
    else if (cwnd < target || tp.delivered < INITIAL_CWND) cwnd += acked
    tp.snd_cwnd = min(max(cwnd, min_cwnd.value), tp.snd_cwnd_clamp)
  }
  // Section 4.2.3.5.
  if (v.state === PROBE_RTT) tp.snd_cwnd = min(tp.snd_cwnd, min_cwnd.value)
}

/** Section 4.3.4.4: after idle time the rate is the bandwidth. */
function after_idle(sk: sock, tp: tcp_sock, v: Bbr): void {
  if (tp.app_limited === 0) return
  v.idle_restart = 1
  v.ack_epoch = u32(tp.tcp_mstamp)
  v.ack_epoch_acked = 0
  if (v.state === PROBE_BW) set_pacing_rate(sk, tp, v, ONE)
  else if (v.state === PROBE_RTT) check_probe_rtt_done(tp, v)
}

export default structOps<tcp_congestion_ops>({
  name: 'ts_bbr',
  /** Section 4.3.1. */
  init(sk) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Bbr>(sk)
    v.prior_cwnd = 0
    tp.snd_ssthresh = NO_SSTHRESH
    v.rounds = 0
    v.round_end = tp.delivered
    v.prev_ca_state = 0
    v.packet_conservation = 0
    v.probe_rtt_done = 0
    v.probe_rtt_round_done = 0
    v.probe_rtt_limited = 0
    v.min_rtt = tp.rtt_min.s[0].v
    v.min_rtt_stamp = coarse_time(tp)
    v.bw0 = 0
    v.bw1 = 0
    v.bw2 = 0
    v.bw0_round = 0
    v.bw1_round = 0
    v.bw2_round = 0
    v.has_seen_rtt = 0
    init_pacing_rate(sk, tp, v)
    v.idle_restart = 0
    v.full_pipe = 0
    v.full_bw = 0
    v.full_bw_rounds = 0
    v.cycle_start = 0
    v.cycle_phase = 0
    forget_policer(tp, v)
    v.state = STARTUP
    v.ack_epoch = u32(tp.tcp_mstamp)
    v.ack_epoch_acked = 0
    v.extra_acked = 0
    v.extra_acked_before = 0
    v.extra_acked_rounds = 0
    if (sk.sk_pacing_status === SK_PACING_NONE) sk.sk_pacing_status = SK_PACING_NEEDED
  },
  /** BBRUpdateOnACK: the model, then rate and window. */
  cong_control(sk, rs) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Bbr>(sk)
    update_model(sk, tp, v, rs)
    set_pacing_rate(sk, tp, v, pacing_gain(v))
    set_cwnd(sk, tp, v, rs)
  },
  cwnd_event(sk, ev) {
    if (ev === CA_EVENT_TX_START) after_idle(sk, tcp_sk(sk), inet_csk_ca<Bbr>(sk))
  },
  /** What cwnd_event(CA_EVENT_TX_START) was, from Linux 7.1 on. */
  cwnd_event_tx_start(sk) {
    after_idle(sk, tcp_sk(sk), inet_csk_ca<Bbr>(sk))
  },
  /** Section 4.2.3.4: a timeout. */
  set_state(sk, new_state) {
    if (new_state !== TCP_CA_Loss) return
    const v = inet_csk_ca<Bbr>(sk)
    v.prev_ca_state = new_state
    v.full_bw = 0
    look_for_policer(sk, tcp_sk(sk), v, true, false, true)
  },
  min_tso_segs(sk) {
    return min_segments(sk)
  },
  sndbuf_expand(sk) {
    return SNDBUF_EXPAND
  },
  /** Entering recovery; the threshold is not BBR's. */
  ssthresh(sk) {
    const tp = tcp_sk(sk)
    save_cwnd(tp, inet_csk_ca<Bbr>(sk))
    return tp.snd_ssthresh
  },
  /** A recovery without reason: what it said of the pipe and of policers is void, and the window comes back by itself. */
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Bbr>(sk)
    v.full_bw = 0
    v.full_bw_rounds = 0
    forget_policer(tp, v)
    return tp.snd_cwnd
  },
})
