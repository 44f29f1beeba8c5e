import {
  FLAG_LOST_RETRANS,
  FLAG_SET_XMIT_TIMER,
  TCP_CA_Recovery,
  TCP_RACK_RECOVERY_THRESH,
  TCP_TIMEOUT_MIN,
} from './constants.ts'
import { LOST, NO_SLOT, RETRANS, SACKED_ACKED, SACKED_RETRANS, unlist } from './scoreboard.ts'
import type { Sender } from './sender.ts'
import type { TcpSock } from './tcp-sock.ts'
import { setSenderTimer } from './timers.ts'

/*
 * Loss detection by time: RACK of RFC 8985, Linux's only one where SACK is in use. RFC 6675's three duplicates are part of
 * it: until reordering was seen, three segments out of order leave no time for more (section 6.2, step 4).
 */

/** Was a segment sent later than another? Where times are equal, the order of sequence numbers decides. */
export const sentAfter = (time: number, segment: number, otherTime: number, otherSegment: number): boolean =>
  time > otherTime || (time === otherTime && segment > otherSegment)

/** Section 6.2, steps 1 and 2: the newest segment that arrived. `sent`: us. */
export function tcp_rack_advance(tp: TcpSock, flags: number, end: number, sent: number): void {
  const rtt = tp.tcp_mstamp - sent
  // The original arrived, not this retransmission.
  if (rtt < tp.rtt_min && (flags & RETRANS) !== 0) return
  tp.rack_advanced = true
  tp.rack_rtt_us = rtt
  if (sentAfter(sent, end, tp.rack_mstamp, tp.rack_end_seq)) {
    tp.rack_mstamp = sent
    tp.rack_end_seq = end
  }
}

/** Section 6.2, step 4: how long segments may be late by reordering, us. */
function tcp_rack_reo_wnd(tp: TcpSock): number {
  if (tp.reord_seen === 0 && (tp.icsk_ca_state >= TCP_CA_Recovery || tp.sacked_out >= tp.reordering)) return 0
  return Math.min(Math.floor(tp.rtt_min / 4) * tp.rack_reo_wnd_steps, tp.srtt_us >> 3)
}

/** Section 6.2, step 4: spurious retransmissions that DSACK tells of widen the window, for 16 recoveries. */
export function tcp_rack_update_reo_wnd(s: Sender): void {
  const { tp, rs } = s
  if (rs.prior_delivered === 0) return
  if (rs.prior_delivered < tp.rack_last_delivered) tp.rack_dsack_seen = false
  if (tp.rack_dsack_seen) {
    tp.rack_reo_wnd_steps = Math.min(255, tp.rack_reo_wnd_steps + 1)
    tp.rack_dsack_seen = false
    tp.rack_last_delivered = tp.delivered
    tp.rack_reo_wnd_persist = TCP_RACK_RECOVERY_THRESH
  } else if (tp.rack_reo_wnd_persist === 0) tp.rack_reo_wnd_steps = 1
}

/** Mark a segment as lost, or its retransmission as lost too. */
export function tcp_mark_skb_lost(s: Sender, segment: number): void {
  const { tp, board } = s
  const slot = segment & board.mask
  const flags = board.flags[slot] ?? 0
  if ((flags & SACKED_ACKED) !== 0) return
  if (segment < s.retransmitHint) s.retransmitHint = segment
  if ((flags & LOST) === 0) {
    board.flags[slot] = flags | LOST
    tp.lost_out += 1
    tp.lost += 1
  } else if ((flags & SACKED_RETRANS) !== 0) {
    board.flags[slot] = flags & ~SACKED_RETRANS
    tp.retrans_out -= 1
    tp.lost += 1
  }
}

/** Section 6.2, step 5: mark what was sent long enough before the newest that arrived; gives the us until more may be. */
export function tcp_rack_detect_loss(s: Sender): number {
  const { tp, board } = s
  const window = tcp_rack_reo_wnd(tp)
  let wait = 0
  for (let slot = board.oldest; slot !== NO_SLOT; ) {
    const next = board.next[slot] ?? NO_SLOT
    const flags = board.flags[slot] ?? 0
    const segment = board.segment[slot] ?? 0
    // Lost and not retransmitted yet
    const waiting = (flags & LOST) !== 0 && (flags & SACKED_RETRANS) === 0
    if (!waiting) {
      const sent = Math.floor((board.sent[slot] ?? 0) / 1000)
      if (!sentAfter(tp.rack_mstamp, tp.rack_end_seq, sent, segment + 1)) break
      const remaining = tp.rack_rtt_us + window - (tp.tcp_mstamp - sent)
      if (remaining <= 0) {
        tcp_mark_skb_lost(s, segment)
        unlist(board, slot)
      } else wait = Math.max(wait, remaining)
    }
    slot = next
  }
  return wait
}

/** After an acknowledgement; false where it brought nothing new. */
function markLost(s: Sender): boolean {
  const { tp } = s
  if (!tp.rack_advanced) return false
  tp.rack_advanced = false
  const wait = tcp_rack_detect_loss(s)
  if (wait === 0) return false
  setSenderTimer(s, 'reorder', wait + TCP_TIMEOUT_MIN)
  return true
}

/** Look for losses; gives the acknowledgement's flags. */
export function tcp_identify_packet_loss(s: Sender, flag: number): number {
  const { tp } = s
  if (tp.packets_out === 0) return flag
  const before = tp.retrans_out
  let now = flag
  if (markLost(s)) now &= ~FLAG_SET_XMIT_TIMER
  if (before > tp.retrans_out) now |= FLAG_LOST_RETRANS
  return now
}

/** Microseconds until a segment would count as lost, reordering left out; not positive: it does. */
export const rackRemaining = (tp: TcpSock, sentNs: number): number =>
  tp.rack_rtt_us - (tp.tcp_mstamp - Math.floor(sentNs / 1000))
