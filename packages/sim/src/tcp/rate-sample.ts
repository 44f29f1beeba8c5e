import { sentAfter } from './rack.ts'
import { RETRANS, SACKED_ACKED } from './scoreboard.ts'
import type { Sender } from './sender.ts'

/*
 * Samples of the delivery rate: draft-cheng-iccrg-delivery-rate-estimation-02, section 3. Times in us.
 */

/** Section 3.2: what a segment that is sent remembers. `sent`: ns. */
export function tcp_rate_skb_sent(s: Sender, segment: number, sent: number): void {
  const { tp, board } = s
  const slot = segment & board.mask
  if (tp.packets_out === 0) {
    const time = Math.floor(sent / 1000)
    tp.first_tx_mstamp = time
    tp.delivered_mstamp = time
  }
  board.firstTx[slot] = tp.first_tx_mstamp
  board.deliveredAt[slot] = tp.delivered_mstamp
  board.delivered[slot] = tp.delivered
  board.deliveredCe[slot] = tp.delivered_ce
  board.appLimited[slot] = tp.app_limited === 0 ? 0 : 1
}

/** Section 3.3: of the segments that an acknowledgement tells of, the one sent last makes the sample. */
export function tcp_rate_skb_delivered(s: Sender, segment: number): void {
  const { tp, board, rs } = s
  const slot = segment & board.mask
  if (board.deliveredAt[slot] === -1) return
  const sent = Math.floor((board.sent[slot] ?? 0) / 1000)
  if (rs.prior_delivered === 0 || sentAfter(sent, segment + 1, tp.first_tx_mstamp, rs.last_end_seq)) {
    rs.prior_delivered = board.delivered[slot] ?? 0
    rs.prior_delivered_ce = board.deliveredCe[slot] ?? 0
    rs.prior_mstamp = board.deliveredAt[slot] ?? 0
    rs.is_app_limited = board.appLimited[slot] === 1
    rs.is_retrans = ((board.flags[slot] ?? 0) & RETRANS) !== 0
    rs.last_end_seq = segment + 1
    tp.first_tx_mstamp = sent
    rs.interval_us = sent - (board.firstTx[slot] ?? 0)
  }
  // Selectively acknowledged segments are not to count again.
  if (((board.flags[slot] ?? 0) & SACKED_ACKED) !== 0) board.deliveredAt[slot] = -1
}

/** Empty the sample for a new acknowledgement. */
export function startRateSample(s: Sender, priorInFlight: number): void {
  const { rs } = s
  rs.prior_mstamp = -1
  rs.prior_delivered = 0
  rs.prior_delivered_ce = 0
  rs.delivered = -1
  rs.delivered_ce = 0
  rs.interval_us = -1
  rs.snd_interval_us = 0
  rs.rcv_interval_us = 0
  rs.rtt_us = -1
  rs.losses = 0
  rs.acked_sacked = 0
  rs.prior_in_flight = priorInFlight
  rs.last_end_seq = 0
  rs.is_app_limited = false
  rs.is_retrans = false
  rs.is_ack_delayed = false
}

/** Section 3.3: the longer of the two intervals, of sending and of acknowledging; none shorter than a round trip. */
export function tcp_rate_gen(s: Sender, delivered: number, lost: number): void {
  const { tp, rs } = s
  if (tp.app_limited !== 0 && tp.delivered > tp.app_limited) tp.app_limited = 0
  if (delivered > 0) tp.delivered_mstamp = tp.tcp_mstamp
  rs.acked_sacked = delivered
  rs.losses = lost
  if (rs.prior_mstamp === -1) {
    rs.prior_mstamp = 0
    rs.delivered = -1
    rs.interval_us = -1
    return
  }
  rs.delivered = tp.delivered - rs.prior_delivered
  rs.delivered_ce = tp.delivered_ce - rs.prior_delivered_ce
  const sending = rs.interval_us
  const acking = tp.tcp_mstamp - rs.prior_mstamp
  rs.interval_us = Math.max(sending, acking)
  rs.snd_interval_us = sending
  rs.rcv_interval_us = acking
  if (rs.interval_us < tp.rtt_min) {
    rs.interval_us = -1
    return
  }
  if (!rs.is_app_limited || rs.delivered * tp.rate_interval_us >= tp.rate_delivered * rs.interval_us) {
    tp.rate_delivered = rs.delivered
    tp.rate_interval_us = rs.interval_us
    tp.rate_app_limited = rs.is_app_limited
  }
}
