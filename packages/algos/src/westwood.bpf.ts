import {
  bpf_jiffies64,
  inet_csk_ca,
  max,
  min,
  s32,
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
import { CA_EVENT_COMPLETE_CWR, CA_EVENT_LOSS, type tcp_congestion_ops, type tcp_sock } from '@tscc/vmlinux'

/*
 * TCP Westwood+: S. Mascolo, C. Casetti, M. Gerla, M. Sanadidi, R. Wang, "TCP Westwood: Bandwidth Estimation for Enhanced
 * Transport over Wireless Links", ACM MobiCom 2001 [1]; L. Grieco, S. Mascolo, "Performance evaluation and comparison of
 * Westwood+, New Reno, and Vegas TCP congestion control", ACM CCR 34(2), 2004 [2]; A. Dell'Aera, L. Grieco, S. Mascolo,
 * "Linux 2.4 Implementation of Westwood+ TCP with Rate-Halving", IEEE ICC 2004 [3].
 *
 * It is Reno (RFC 5681) until a loss, after which the window is what the path held: the bandwidth at which
 * acknowledgements came, times the least round trip time.
 *
 * Deviates from the papers, as Linux does: the filter has two stages, and time is counted in ticks of the kernel's clock (4 ms
 * at 250 Hz). Round trip times are rounded up to whole ones, so that the window after a loss leaves up to a tick of queue.
 */

/** Least time that a sample of the bandwidth is taken over, ms ([2]: 50 ms, or the round trip time where that is more). */
export const min_window_ms = tunable<u32>(50)
/** Weight of a sample in each stage of the filter, as a shift: 1/8 ([2]: 7/8 of the old estimate, 1/8 of the sample). */
export const filter_shift = tunable<u32>(3)
/** Round trip time before one was measured, ms. */
export const initial_rtt_ms = tunable<u32>(20000)
/** Least window and threshold, segments. */
const MIN_CWND = 2
/** What a socket's icsk_delack_max is in ms; it counts in ticks, and so tells how long one is. */
const DELACK_MAX = 200
/** Flag of in_ack_event: the acknowledgement was none of plain data in order. */
const ACK_SLOWPATH = 1

interface Westwood {
  /** When the sample began that is being taken, ticks. */
  window_start: u32
  /** Least time of a sample, ticks. */
  min_window: u32
  /** Bandwidth after one stage of the filter, and after both, bytes in a tick. */
  bw_first: u32
  bw: u32
  /** Bytes acknowledged in this sample. */
  acked: u32
  /** snd_una, as far as it is counted. */
  counted: u32
  /** Bytes that duplicate acknowledgements stood for, which the next that moves on has again. */
  early: u32
  /** Last and least round trip time, ticks. */
  rtt: u32
  min_rtt: u32
  /** A tick, us. */
  tick: u32
  /** The least round trip time begins anew. */
  reset_min_rtt: u8
  /** No acknowledgement was seen yet. */
  first: u8
}

function filtered(estimate: u32, sample: u32): u32 {
  return ((estimate << filter_shift.value) - estimate + sample) >> filter_shift.value
}

function count_rtt(v: Westwood): void {
  v.min_rtt = v.reset_min_rtt !== 0 ? v.rtt : min(v.rtt, v.min_rtt)
  v.reset_min_rtt = 0
}

/** [2]: a sample is the bytes that were acknowledged in a round trip time, or in 50 ms, by that time. */
function end_sample(tp: tcp_sock, v: Westwood): void {
  if (v.first !== 0) {
    v.counted = tp.snd_una
    v.first = 0
  }
  const now = u32(bpf_jiffies64())
  const time = now - v.window_start
  if (s32(time) <= s32(max(v.rtt, v.min_window))) return
  const sample = v.acked / time
  if (v.bw_first === 0 && v.bw === 0) {
    v.bw_first = sample
    v.bw = sample
  } else {
    v.bw_first = filtered(v.bw_first, sample)
    v.bw = filtered(v.bw, v.bw_first)
  }
  v.acked = 0
  v.window_start = now
}

/** [1], section 2.1: bytes that an acknowledgement tells of; a duplicate one is a segment, which is not counted twice. */
function acknowledged(tp: tcp_sock, v: Westwood): u32 {
  const segment = tp.mss_cache
  let bytes = tp.snd_una - v.counted
  v.counted = tp.snd_una
  if (bytes === 0) {
    v.early += segment
    return segment
  }
  if (bytes > segment) {
    if (v.early >= bytes) {
      v.early -= bytes
      bytes = segment
    } else {
      bytes -= v.early
      v.early = 0
    }
  }
  return bytes
}

/** [2]: the bandwidth times the least round trip time, segments. */
function path_window(tp: tcp_sock, v: Westwood): u32 {
  return max(u32((u64(v.bw) * v.min_rtt) / tp.mss_cache), MIN_CWND)
}

export default structOps<tcp_congestion_ops>({
  name: 'ts_westwood',
  init(sk) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Westwood>(sk)
    const ticks = tp.inet_conn.icsk_delack_max
    v.tick = max((DELACK_MAX * 1000) / max(ticks, 1), 1)
    v.min_window = (ticks * min_window_ms.value) / DELACK_MAX
    v.window_start = u32(bpf_jiffies64())
    v.bw_first = 0
    v.bw = 0
    v.acked = 0
    v.counted = tp.snd_una
    v.early = 0
    v.rtt = (ticks * initial_rtt_ms.value) / DELACK_MAX
    v.min_rtt = v.rtt
    v.reset_min_rtt = 1
    v.first = 1
  },
  pkts_acked(sk, sample) {
    if (sample.rtt_us <= 0) return
    const v = inet_csk_ca<Westwood>(sk)
    v.rtt = (u32(sample.rtt_us) + v.tick - 1) / v.tick
  },
  in_ack_event(sk, flags) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Westwood>(sk)
    end_sample(tp, v)
    if ((flags & ACK_SLOWPATH) !== 0) {
      v.acked += acknowledged(tp, v)
    } else {
      v.acked += tp.snd_una - v.counted
      v.counted = tp.snd_una
    }
    count_rtt(v)
  },
  cwnd_event(sk, ev) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Westwood>(sk)
    if (ev === CA_EVENT_COMPLETE_CWR) {
      // [2]: three duplicate acknowledgements, the window at the end of recovery.
      const cwnd = path_window(tp, v)
      tp.snd_ssthresh = cwnd
      tp.snd_cwnd = cwnd
    } else if (ev === CA_EVENT_LOSS) {
      // [2]: after a timeout; the path may be another one.
      tp.snd_ssthresh = path_window(tp, v)
      v.reset_min_rtt = 1
    }
  },
  /** While recovery goes on the window is Reno's. */
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, MIN_CWND)
  },
  /** [2]: growth is Reno's, RFC 5681. */
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
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
