import {
  CA_EVENT_TX_START,
  PACING_UNLIMITED,
  SK_PACING_NONE,
  TCP_CA_Recovery,
  TCP_ECN_OK,
  TCP_ECN_QUEUE_CWR,
} from './constants.ts'
import { tcp_cwnd_validate, tcp_in_cwnd_reduction } from './cwnd.ts'
import { tcp_rate_skb_sent } from './rate-sample.ts'
import { EVER_RETRANS, LOST, listAsNewest, reserve, SACKED_ACKED, SACKED_RETRANS, startSegment } from './scoreboard.ts'
import { type Sender, unsent } from './sender.ts'
import { jiffiesOf, tcp_packets_in_flight, timestampOf } from './tcp-sock.ts'
import { setSenderTimer, tcp_rearm_rto, tcp_schedule_loss_probe } from './timers.ts'

/** May nothing leave before the pacing timer? Sets it then. */
function pacingCheck(s: Sender): boolean {
  const { tp } = s
  if (tp.sk_pacing_status === SK_PACING_NONE || tp.tcp_wstamp_ns <= tp.tcp_clock_cache) return false
  s.env.setPacingTimer(s, tp.tcp_wstamp_ns)
  return true
}

/** Segments that one packet for the device has: what the pacing rate sends in a millisecond, more where the path is short. */
function tcp_tso_segs(s: Sender): number {
  const { tp, cc } = s
  if (tp.sk_gso_max_segs <= 1) return 1
  const least = cc.min_tso_segs?.(tp) ?? s.settings.minTsoSegs
  let bytes = Math.floor(tp.sk_pacing_rate / 2 ** tp.sk_pacing_shift)
  const shift = tp.rtt_min >>> 9
  if (shift < 32) bytes += Math.floor(tp.sk_gso_max_size / 2 ** shift)
  bytes = Math.min(bytes, tp.sk_gso_max_size)
  return Math.min(Math.max(Math.floor(bytes / tp.mss_cache), least), tp.sk_gso_max_segs)
}

/** Send `count` segments from `first` on as one packet of the host: they leave, and are paced, at one time. */
function sendSegments(s: Sender, first: number, count: number, fresh: boolean): void {
  const { tp, board } = s
  const before = tp.tcp_wstamp_ns
  tp.tcp_wstamp_ns = Math.max(tp.tcp_wstamp_ns, tp.tcp_clock_cache)
  const sent = tp.tcp_wstamp_ns
  if (tcp_packets_in_flight(tp) === 0) s.cc.cwnd_event?.(tp, CA_EVENT_TX_START)
  tp.lsndtime = jiffiesOf(tp)
  const ecn = (tp.ecn_flags & TCP_ECN_OK) !== 0
  // Retransmissions are not ECN-capable (RFC 3168, section 6.1.5), but for algorithms that count marks.
  const ect = ecn && (fresh || s.needsEcn)
  for (let segment = first; segment < first + count; segment++) {
    const cwr = fresh && (tp.ecn_flags & TCP_ECN_QUEUE_CWR) !== 0
    if (cwr) tp.ecn_flags &= ~TCP_ECN_QUEUE_CWR
    const slot = segment & board.mask
    board.sent[slot] = sent
    board.inFlight[slot] = segment + 1 - tp.snd_una
    tcp_rate_skb_sent(s, segment, sent)
    listAsNewest(board, segment)
    s.env.transmit(s, segment, ect, cwr)
  }
  if (tp.sk_pacing_status !== SK_PACING_NONE && tp.sk_pacing_rate > 0 && tp.sk_pacing_rate < PACING_UNLIMITED)
    if (tp.data_segs_out >= 10) {
      const length = Math.floor((count * tp.mss_cache * 1e9) / tp.sk_pacing_rate)
      // A late timer is made up for, by half a packet's time at most.
      const credit = tp.tcp_wstamp_ns - before
      tp.tcp_wstamp_ns += length - Math.min(Math.floor(length / 2), credit)
    }
  tp.data_segs_out += count
}

/** Better wait for more of the window than send a small packet? (Linux's tso_should_defer; RFC 813's idea.) */
function shouldDefer(s: Sender, room: number, most: number): boolean {
  const { tp } = s
  if (tp.icsk_ca_state >= TCP_CA_Recovery) return false
  if (tp.tcp_clock_cache - tp.tcp_wstamp_ns > 1_000_000) return false
  if (room >= most || room >= unsent(s)) return false
  if (room >= Math.floor(Math.min(tp.snd_wnd, tp.snd_cwnd) / 3)) return false
  if (tp.packets_out === 0) return false
  const age = tp.tcp_clock_cache - (s.board.sent[tp.snd_una & s.board.mask] ?? 0)
  return age >= 1000 * (tp.srtt_us >> 4)
}

/** Send what window, pacing and the application allow; `probe`: one segment whatever the window says. */
export function tcp_write_xmit(s: Sender, probe: 'no' | 'probe' = 'no'): number {
  const { tp, board } = s
  let sent = 0
  let limited = false
  const most = tcp_tso_segs(s)
  while (unsent(s) > 0) {
    if (pacingCheck(s)) break
    const inFlight = tcp_packets_in_flight(tp)
    let quota = Math.min(tp.snd_cwnd - inFlight, Math.max(tp.snd_cwnd >> 1, 1))
    if (quota <= 0) {
      if (probe === 'no') break
      quota = 1
    }
    const window = tp.snd_una + tp.snd_wnd - tp.snd_nxt
    if (window <= 0) break
    const room = Math.min(quota, window)
    if (most > 1 && probe === 'no' && shouldDefer(s, room, most)) {
      limited = true
      break
    }
    const count = Math.min(room, most, unsent(s), probe === 'no' ? most : 1)
    reserve(board, tp.snd_una, tp.snd_nxt + count)
    const first = tp.snd_nxt
    for (let segment = first; segment < first + count; segment++) startSegment(board, segment)
    sendSegments(s, first, count, true)
    const before = tp.packets_out
    tp.snd_nxt += count
    tp.packets_out += count
    if (before === 0 || s.timer === 'loss-probe') tcp_rearm_rto(s)
    sent += count
    if (probe === 'probe') break
  }
  limited ||= tcp_packets_in_flight(tp) >= tp.snd_cwnd
  if (sent > 0 || limited) tcp_cwnd_validate(s, limited)
  if (sent > 0) {
    if (tcp_in_cwnd_reduction(tp)) tp.prr_out += sent
    if (probe === 'no') tcp_schedule_loss_probe(s, false)
  }
  return sent
}

/** Send a segment again without an account of it: a loss probe. */
export function sendAgain(s: Sender, segment: number): void {
  const { tp, board } = s
  const slot = segment & board.mask
  sendSegments(s, segment, 1, false)
  board.flags[slot] = (board.flags[slot] ?? 0) | EVER_RETRANS
  tp.total_retrans += 1
}

/** Retransmit a segment that is lost. */
export function tcp_retransmit_skb(s: Sender, segment: number): void {
  const { tp, board } = s
  const slot = segment & board.mask
  sendAgain(s, segment)
  board.flags[slot] = (board.flags[slot] ?? 0) | SACKED_RETRANS
  tp.retrans_out += 1
  if (tp.retrans_stamp === -1) tp.retrans_stamp = timestampOf(tp)
  tp.undo_retrans = Math.max(tp.undo_retrans, 0) + 1
}

/** Send again what is lost, in order, as far as the window goes (RFC 6675, section 5; RFC 6937 sets the window). */
export function tcp_xmit_retransmit_queue(s: Sender): void {
  const { tp, board } = s
  if (tp.packets_out === 0) return
  let rearm = false
  let segment = Math.max(s.retransmitHint, tp.snd_una)
  for (; segment < tp.snd_nxt; segment++) {
    if (pacingCheck(s)) break
    if (tp.retrans_out >= tp.lost_out) break
    const flags = board.flags[segment & board.mask] ?? 0
    if ((flags & LOST) === 0 || (flags & (SACKED_ACKED | SACKED_RETRANS)) !== 0) continue
    if (tp.snd_cwnd - tcp_packets_in_flight(tp) <= 0) break
    tcp_retransmit_skb(s, segment)
    if (tcp_in_cwnd_reduction(tp)) tp.prr_out += 1
    if (segment === tp.snd_una && s.timer !== 'reorder') rearm = true
  }
  s.retransmitHint = segment
  if (rearm) setSenderTimer(s, 'retransmit', tp.icsk_rto)
}
