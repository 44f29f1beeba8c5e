import { TCP_CA_Disorder, TCP_CA_Open, TCP_ECN_QUEUE_CWR, TCP_RACK_RECOVERY_THRESH } from './constants.ts'
import { tcp_check_sack_reordering } from './sack.ts'
import { EVER_RETRANS, LOST, SACKED_RETRANS } from './scoreboard.ts'
import { type Sender, tcp_set_ca_state } from './sender.ts'
import { jiffiesOf } from './tcp-sock.ts'

/*
 * Reductions that had no reason are taken back: all retransmissions were duplicates (DSACK, RFC 3708), or what arrived was
 * sent before the first of them (time stamps, RFC 3522, "Eifel"); the response is RFC 4015's.
 */

/** From here on retransmissions are counted. */
export function tcp_init_undo(s: Sender): void {
  const { tp } = s
  tp.undo_marker = tp.snd_una
  tp.undo_retrans = tp.retrans_out
  if (tp.tlp_high_seq !== -1 && tp.tlp_retrans) tp.undo_retrans += 1
  // Not yet any: none can be undone.
  if (tp.undo_retrans === 0) tp.undo_retrans = -1
}

/** Was what the acknowledgement tells of sent before the first retransmission? */
const packetDelayed = (s: Sender): boolean => s.tp.retrans_stamp !== -1 && s.tp.rcv_tsecr < s.tp.retrans_stamp

const mayUndo = (s: Sender): boolean => s.tp.undo_marker !== -1 && (s.tp.undo_retrans === 0 || packetDelayed(s))

/** Is a retransmission still somewhere in the queue? Asked of its head, as Linux does. */
export function tcp_any_retrans_done(s: Sender): boolean {
  const { tp, board } = s
  if (tp.retrans_out > 0) return true
  return tp.packets_out > 0 && ((board.flags[tp.snd_una & board.mask] ?? 0) & EVER_RETRANS) !== 0
}

/** The window is the congestion control's to say. */
function tcp_undo_cwnd_reduction(s: Sender, unmark: 'unmark' | 'keep'): void {
  const { tp, board } = s
  if (unmark === 'unmark') {
    for (let segment = tp.snd_una; segment < tp.snd_nxt; segment++) {
      const slot = segment & board.mask
      board.flags[slot] = (board.flags[slot] ?? 0) & ~LOST
    }
    tp.lost_out = 0
    s.retransmitHint = tp.snd_una
  }
  if (tp.prior_ssthresh > 0) {
    tp.snd_cwnd = s.cc.undo_cwnd(tp)
    if (tp.prior_ssthresh > tp.snd_ssthresh) {
      tp.snd_ssthresh = tp.prior_ssthresh
      tp.ecn_flags &= ~TCP_ECN_QUEUE_CWR
    }
  }
  tp.snd_cwnd_stamp = jiffiesOf(tp)
  tp.undo_marker = -1
  // Look for losses anew.
  tp.rack_advanced = true
}

/** At the end of a recovery. */
export function tcp_try_undo_recovery(s: Sender): void {
  const { tp } = s
  if (mayUndo(s)) tcp_undo_cwnd_reduction(s, 'keep')
  else if (tp.rack_reo_wnd_persist > 0) tp.rack_reo_wnd_persist -= 1
  tcp_set_ca_state(s, TCP_CA_Open)
}

/** All retransmissions were duplicates. */
export function tcp_try_undo_dsack(s: Sender): boolean {
  const { tp } = s
  if (tp.undo_marker === -1 || tp.undo_retrans !== 0) return false
  tp.rack_reo_wnd_persist = Math.min(TCP_RACK_RECOVERY_THRESH, tp.rack_reo_wnd_persist + 1)
  tcp_undo_cwnd_reduction(s, 'keep')
  return true
}

/** In recovery an acknowledgement came that the original transmission caused. */
export function tcp_try_undo_partial(s: Sender, priorUna: number): boolean {
  const { tp } = s
  if (tp.undo_marker === -1 || !packetDelayed(s)) return false
  tcp_check_sack_reordering(s, priorUna)
  // Retransmissions are on their way: wait for what they bring.
  if (tp.retrans_out > 0) return true
  if (!tcp_any_retrans_done(s)) tp.retrans_stamp = -1
  tcp_undo_cwnd_reduction(s, 'unmark')
  tcp_try_keep_open(s)
  return false
}

/** After a timeout: `forced` where F-RTO found it spurious (RFC 5682). */
export function tcp_try_undo_loss(s: Sender, forced: 'forced' | 'ask'): boolean {
  const { tp } = s
  if (forced === 'ask' && !mayUndo(s)) return false
  // Retransmissions that are still out count no more as such.
  for (let segment = tp.snd_una; segment < tp.snd_nxt && tp.retrans_out > 0; segment++) {
    const slot = segment & s.board.mask
    const flags = s.board.flags[slot] ?? 0
    if ((flags & SACKED_RETRANS) === 0 || (flags & LOST) === 0) continue
    s.board.flags[slot] = flags & ~SACKED_RETRANS
    tp.retrans_out -= 1
  }
  tcp_undo_cwnd_reduction(s, 'unmark')
  tp.icsk_retransmits = 0
  tcp_set_ca_state(s, TCP_CA_Open)
  return true
}

/** Open, or Disorder where segments are out of order. */
export function tcp_try_keep_open(s: Sender): void {
  const { tp } = s
  const state = tp.sacked_out + tp.lost_out > 0 || tcp_any_retrans_done(s) ? TCP_CA_Disorder : TCP_CA_Open
  if (tp.icsk_ca_state === state) return
  tcp_set_ca_state(s, state)
  tp.high_seq = tp.snd_nxt
}
