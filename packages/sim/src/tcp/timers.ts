import { TCP_CA_CWR, TCP_CA_Open, TCP_RTO_MAX, TCP_RTO_MIN, TCP_TIMEOUT_INIT, TCP_TIMEOUT_MIN } from './constants.ts'
import { slotOf } from './scoreboard.ts'
import type { Sender, SenderTimer } from './sender.ts'

/** Set the one timer, `after` us from now. */
export function setSenderTimer(s: Sender, kind: SenderTimer, after: number): void {
  s.timer = kind
  s.timerAt = s.env.now() + Math.min(after, TCP_RTO_MAX) * 1000
  s.env.setTimer(s, s.timerAt)
}

function clearSenderTimer(s: Sender): void {
  if (s.timer === 'none') return
  s.timer = 'none'
  s.env.clearTimer(s)
}

/** What is left of the RTO of the first segment not acknowledged, us. */
function rtoLeft(s: Sender): number {
  const sent = s.board.sent[slotOf(s.board, s.tp.snd_una)] ?? 0
  return Math.floor(sent / 1000) + s.tp.icsk_rto - s.tp.tcp_mstamp
}

/** RFC 6298, section 5: from now, or from when the first segment was sent where another timer stood in between. */
export function tcp_rearm_rto(s: Sender): void {
  const { tp } = s
  if (tp.packets_out === 0) {
    clearSenderTimer(s)
    return
  }
  const offset = s.timer === 'reorder' || s.timer === 'loss-probe'
  setSenderTimer(s, 'retransmit', offset ? Math.max(rtoLeft(s), 1) : tp.icsk_rto)
}

/** Set the probe's timer (RFC 8985, section 7.2): two round trips; false where there is to be none. */
export function tcp_schedule_loss_probe(s: Sender, advancing: boolean): boolean {
  const { tp } = s
  if (tp.packets_out === 0 || (tp.icsk_ca_state !== TCP_CA_Open && tp.icsk_ca_state !== TCP_CA_CWR)) return false
  let timeout = TCP_TIMEOUT_INIT
  // One segment's acknowledgement may be delayed.
  if (tp.srtt_us > 0) timeout = (tp.srtt_us >> 2) + (tp.packets_out === 1 ? TCP_RTO_MIN : TCP_TIMEOUT_MIN)
  const rto = advancing ? tp.icsk_rto : rtoLeft(s)
  if (rto > 0) timeout = Math.min(timeout, rto)
  setSenderTimer(s, 'loss-probe', timeout)
  return true
}

/** After progress: a probe's timer, else the RTO. */
export function tcp_set_xmit_timer(s: Sender): void {
  if (!tcp_schedule_loss_probe(s, true)) tcp_rearm_rto(s)
}
