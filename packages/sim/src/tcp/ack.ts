import {
  CA_ACK_ECE,
  CA_ACK_SLOWPATH,
  CA_ACK_WIN_UPDATE,
  FLAG_ACK_MAYBE_DELAYED,
  FLAG_CA_ALERT,
  FLAG_DATA_ACKED,
  FLAG_DATA_SACKED,
  FLAG_DSACK_TLP,
  FLAG_DSACKING_ACK,
  FLAG_ECE,
  FLAG_FORWARD_PROGRESS,
  FLAG_NOT_DUP,
  FLAG_ORIG_SACK_ACKED,
  FLAG_RETRANS_DATA_ACKED,
  FLAG_SET_XMIT_TIMER,
  FLAG_SLOWPATH,
  FLAG_SND_UNA_ADVANCED,
  TCP_CA_CWR,
  TCP_CA_Open,
  TCP_FASTRETRANS_THRESH,
} from './constants.ts'
import {
  tcp_cwnd_reduction,
  tcp_end_cwnd_reduction,
  tcp_in_cwnd_reduction,
  tcp_init_cwnd_reduction,
  tcp_rate_check_app_limited,
  tcp_slow_start_after_idle_check,
} from './cwnd.ts'
import { tcp_rack_advance, tcp_rack_update_reo_wnd } from './rack.ts'
import { startRateSample, tcp_rate_gen, tcp_rate_skb_delivered } from './rate-sample.ts'
import { type Alert, tcp_fastretrans_alert } from './recovery.ts'
import { tcp_ack_update_rtt } from './rtt.ts'
import { type SackBlocks, type SackResult, tcp_check_sack_reordering, tcp_sacktag_write_queue } from './sack.ts'
import { LOST, RETRANS, SACKED_ACKED, SACKED_RETRANS, unlist } from './scoreboard.ts'
import { type Sender, tcp_set_ca_state, unsent } from './sender.ts'
import { jiffiesOf, setClock, tcp_packets_in_flight } from './tcp-sock.ts'
import { tcp_rearm_rto, tcp_set_xmit_timer } from './timers.ts'
import { tcp_write_xmit, tcp_xmit_retransmit_queue } from './transmit.ts'
import { tcp_try_keep_open } from './undo.ts'

/** What an acknowledgement carries; sequence numbers are segments. */
export interface Acknowledgement {
  ack: number
  ece: boolean
  /** Time stamp that it echoes, ms. */
  tsecr: number
  readonly sack: SackBlocks
}

/**
 * Take an acknowledgement in, as Linux's tcp_ack does: SACK, cumulative part with round trip times, losses and state, then
 * the congestion control's window, then retransmissions and new data.
 */
export function onAck(s: Sender, packet: Readonly<Acknowledgement>): void {
  const { tp, cc, rs } = s
  setClock(tp, s.env.now())
  const priorUna = tp.snd_una
  // What is below snd_una says nothing new.
  if (packet.ack < priorUna && packet.sack.count === 0) return
  const priorDelivered = tp.delivered
  const priorLost = tp.lost
  const priorPackets = tp.packets_out
  const priorFack = tp.sacked_out > 0 ? s.highestSack : tp.snd_una
  startRateSample(s, tcp_packets_in_flight(tp))
  tp.rcv_tsecr = packet.tsecr
  let flag = 0
  if (packet.ack > priorUna) {
    flag |= FLAG_SND_UNA_ADVANCED
    tp.icsk_retransmits = 0
    tp.snd_una = packet.ack
  }
  const result: SackResult = { flag: 0, reordered: Number.POSITIVE_INFINITY, first: -1, last: -1 }
  if (packet.sack.count === 0 && !packet.ece && (flag & FLAG_SND_UNA_ADVANCED) !== 0)
    cc.in_ack_event?.(tp, CA_ACK_WIN_UPDATE)
  else {
    flag |= FLAG_SLOWPATH
    if (packet.sack.count > 0) {
      tcp_sacktag_write_queue(s, packet.sack, priorUna, packet.ece, result)
      flag |= result.flag
    }
    if (packet.ece) flag |= FLAG_ECE
    cc.in_ack_event?.(tp, CA_ACK_SLOWPATH | (packet.ece ? CA_ACK_ECE : 0))
  }
  if (priorPackets > 0) {
    flag = cleanQueue(s, flag, priorUna, priorFack, packet.ece, result)
    tcp_rack_update_reo_wnd(s)
    if (tp.tlp_high_seq !== -1) processProbeAck(s, packet.ack, flag)
    const alert: Alert = { flag, retransmit: 'none' }
    if ((flag & FLAG_NOT_DUP) === 0 || (flag & FLAG_CA_ALERT) !== 0 || tp.icsk_ca_state !== TCP_CA_Open) {
      const duplicate = (flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DSACKING_ACK)) === 0
      tcp_fastretrans_alert(s, priorUna, duplicate, alert)
    }
    if ((alert.flag & FLAG_SET_XMIT_TIMER) !== 0) tcp_set_xmit_timer(s)
    const delivered = tp.delivered - priorDelivered
    rs.is_ack_delayed = (alert.flag & FLAG_ACK_MAYBE_DELAYED) !== 0
    tcp_rate_gen(s, delivered, tp.lost - priorLost)
    congestionControl(s, packet.ack, delivered, alert.flag)
    retransmitAfterAck(s, alert)
  }
  sendMore(s)
}

/** The application has written more. */
export function onWrite(s: Sender): void {
  setClock(s.tp, s.env.now())
  tcp_slow_start_after_idle_check(s)
  sendMore(s)
}

/** Send new data, and see whether the application is what limits. */
export function sendMore(s: Sender): void {
  tcp_write_xmit(s)
  tcp_rate_check_app_limited(s)
  if (unsent(s) <= 0 && s.tp.packets_out === 0) s.env.onIdle?.(s)
}

function retransmitAfterAck(s: Sender, { retransmit }: Alert): void {
  const { tp } = s
  if (retransmit === 'none') return
  if (retransmit === 'new') {
    tcp_write_xmit(s)
    if (tp.snd_nxt > tp.high_seq) return
    tp.frto = false
  }
  tcp_xmit_retransmit_queue(s)
}

/** PRR while a reduction goes on, else growth, else all is the congestion control's. */
function congestionControl(s: Sender, ack: number, delivered: number, flag: number): void {
  const { tp, cc, rs } = s
  if (cc.cong_control !== undefined) {
    cc.cong_control(tp, ack, flag, rs)
    return
  }
  if (tcp_in_cwnd_reduction(tp)) tcp_cwnd_reduction(s, delivered, rs.losses, flag)
  else if ((flag & (tp.reordering > TCP_FASTRETRANS_THRESH ? FLAG_FORWARD_PROGRESS : FLAG_DATA_ACKED)) !== 0) {
    cc.cong_avoid?.(tp, ack, delivered)
    tp.snd_cwnd_stamp = jiffiesOf(tp)
  }
  updatePacingRate(s)
}

/** 200 % of window over round trip time while that is below half the threshold, 120 % after. */
function updatePacingRate(s: Sender): void {
  const { tp } = s
  if (tp.srtt_us === 0) return
  const share = tp.snd_cwnd < tp.snd_ssthresh / 2 ? 2 : 1.2
  const window = tp.mss_cache * Math.max(tp.snd_cwnd, tp.packets_out)
  tp.sk_pacing_rate = Math.min(Math.floor((window * share * 8e6) / tp.srtt_us), tp.sk_max_pacing_rate)
}

/** Take out what is acknowledged cumulatively; round trip times; pkts_acked. */
function cleanQueue(
  s: Sender,
  before: number,
  priorUna: number,
  priorFack: number,
  ece: boolean,
  sack: Readonly<SackResult>,
): number {
  const { tp, board, cc, rs } = s
  const priorSacked = tp.sacked_out
  let flag = before
  let first = -1
  let last = -1
  let reordered = Number.POSITIVE_INFINITY
  let inFlight = 0
  for (let segment = priorUna; segment < tp.snd_una; segment++) {
    const slot = segment & board.mask
    const flags = board.flags[slot] ?? 0
    const sent = Math.floor((board.sent[slot] ?? 0) / 1000)
    if ((flags & RETRANS) !== 0) {
      if ((flags & SACKED_RETRANS) !== 0) tp.retrans_out -= 1
      flag |= FLAG_RETRANS_DATA_ACKED
    } else if ((flags & SACKED_ACKED) === 0) {
      last = sent
      if (first === -1) first = sent
      inFlight = (board.inFlight[slot] ?? 0) * tp.mss_cache
      reordered = Math.min(reordered, segment)
      if (segment < tp.high_seq) flag |= FLAG_ORIG_SACK_ACKED
    }
    if ((flags & SACKED_ACKED) !== 0) tp.sacked_out -= 1
    else {
      tp.delivered += 1
      if (ece) tp.delivered_ce += 1
      const spurious = (flags & RETRANS) !== 0 && tp.rcv_tsecr < Math.floor(sent / 1000)
      if (!spurious) tcp_rack_advance(tp, flags, segment + 1, sent)
    }
    if ((flags & LOST) !== 0) tp.lost_out -= 1
    tp.packets_out -= 1
    tcp_rate_skb_delivered(s, segment)
    unlist(board, slot)
    flag |= FLAG_DATA_ACKED
  }
  const acked = tp.snd_una - priorUna
  if (s.retransmitHint < tp.snd_una) s.retransmitHint = tp.snd_una

  let seqRtt = -1
  let caRtt = -1
  if (first !== -1 && (flag & FLAG_RETRANS_DATA_ACKED) === 0) {
    seqRtt = tp.tcp_mstamp - first
    caRtt = tp.tcp_mstamp - last
    // A lone segment, the only one delivered since it was sent: its acknowledgement may have waited.
    if (acked === 1 && priorSacked === 0 && rs.prior_delivered + 1 === tp.delivered && (flag & FLAG_CA_ALERT) === 0)
      flag |= FLAG_ACK_MAYBE_DELAYED
  }
  let sackRtt = -1
  if (sack.first !== -1) {
    sackRtt = tp.tcp_mstamp - sack.first
    caRtt = tp.tcp_mstamp - sack.last
  }
  const updated = tcp_ack_update_rtt(s, flag, acked > 0, { seq: seqRtt, sack: sackRtt, ca: caRtt })
  if (acked > 0) {
    flag |= FLAG_SET_XMIT_TIMER
    if (reordered < priorFack) tcp_check_sack_reordering(s, reordered)
  } else if (tp.packets_out > 0 && updated && sackRtt >= 0) {
    const head = Math.floor((board.sent[tp.snd_una & board.mask] ?? 0) / 1000)
    if (sackRtt > tp.tcp_mstamp - head) flag |= FLAG_SET_XMIT_TIMER
  }
  if (tp.packets_out === 0) tcp_rearm_rto(s)
  if (cc.pkts_acked !== undefined) {
    s.ackSample.pkts_acked = acked
    s.ackSample.rtt_us = rs.rtt_us
    s.ackSample.in_flight = inFlight
    cc.pkts_acked(tp, s.ackSample)
  }
  return flag
}

/** A loss probe was answered (RFC 8985, section 7.4): was it what repaired a loss? */
function processProbeAck(s: Sender, ack: number, flag: number): void {
  const { tp } = s
  if (ack < tp.tlp_high_seq) return
  if (!tp.tlp_retrans || (flag & FLAG_DSACK_TLP) !== 0) tp.tlp_high_seq = -1
  else if (ack > tp.tlp_high_seq) {
    tcp_init_cwnd_reduction(s)
    tcp_set_ca_state(s, TCP_CA_CWR)
    tcp_end_cwnd_reduction(s)
    tcp_try_keep_open(s)
    tp.tlp_high_seq = -1
  } else if ((flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DATA_SACKED)) === 0) tp.tlp_high_seq = -1
}
