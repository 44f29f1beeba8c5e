import {
  CA_EVENT_LOSS,
  FLAG_DATA_SACKED,
  FLAG_ECE,
  FLAG_LOST_RETRANS,
  FLAG_ORIG_SACK_ACKED,
  FLAG_SND_UNA_ADVANCED,
  TCP_CA_CWR,
  TCP_CA_Disorder,
  TCP_CA_Loss,
  TCP_CA_Open,
  TCP_CA_Recovery,
  TCP_FASTRETRANS_THRESH,
} from './constants.ts'
import {
  tcp_current_ssthresh,
  tcp_ecn_queue_cwr,
  tcp_end_cwnd_reduction,
  tcp_enter_cwr,
  tcp_in_cwnd_reduction,
  tcp_init_cwnd_reduction,
} from './cwnd.ts'
import { rackRemaining, tcp_identify_packet_loss, tcp_mark_skb_lost } from './rack.ts'
import { unlist } from './scoreboard.ts'
import { type Sender, tcp_set_ca_state, unsent } from './sender.ts'
import { jiffiesOf, tcp_packets_in_flight } from './tcp-sock.ts'
import {
  tcp_any_retrans_done,
  tcp_init_undo,
  tcp_try_keep_open,
  tcp_try_undo_dsack,
  tcp_try_undo_loss,
  tcp_try_undo_partial,
  tcp_try_undo_recovery,
} from './undo.ts'

/** What is to be sent after an acknowledgement is taken in. */
export type Retransmit = 'none' | 'lost' | 'new'

/** What the state machine makes of an acknowledgement; `flag` goes in and out. */
export interface Alert {
  flag: number
  retransmit: Retransmit
}

/** Losses were found: reduce the window, and send again (RFC 5681, section 3.2; RFC 6675, section 5). */
export function tcp_enter_recovery(s: Sender, ece: boolean): void {
  const { tp } = s
  tp.prior_ssthresh = 0
  tcp_init_undo(s)
  if (!tcp_in_cwnd_reduction(tp)) {
    if (!ece) tp.prior_ssthresh = tcp_current_ssthresh(tp)
    tcp_init_cwnd_reduction(s)
  }
  tcp_set_ca_state(s, TCP_CA_Recovery)
}

/** The retransmission timer ran out: all that is not acknowledged, and not just sent, is lost (RFC 6298; RFC 8985, 6.3). */
export function tcp_enter_loss(s: Sender): void {
  const { tp, board, cc } = s
  const isNew = tp.icsk_ca_state < TCP_CA_Recovery
  for (let segment = tp.snd_una; segment < tp.snd_nxt; segment++) {
    const slot = segment & board.mask
    if (segment !== tp.snd_una && rackRemaining(tp, board.sent[slot] ?? 0) > 0) continue
    tcp_mark_skb_lost(s, segment)
    unlist(board, slot)
  }
  if (
    tp.icsk_ca_state <= TCP_CA_Disorder ||
    tp.high_seq <= tp.snd_una ||
    (tp.icsk_ca_state === TCP_CA_Loss && tp.icsk_retransmits === 0)
  ) {
    tp.prior_ssthresh = tcp_current_ssthresh(tp)
    tp.prior_cwnd = tp.snd_cwnd
    tp.snd_ssthresh = cc.ssthresh(tp)
    cc.cwnd_event?.(tp, CA_EVENT_LOSS)
    tcp_init_undo(s)
  }
  tp.snd_cwnd = tcp_packets_in_flight(tp) + 1
  tp.snd_cwnd_cnt = 0
  tp.snd_cwnd_stamp = jiffiesOf(tp)
  // With so many out of order the estimate of reordering was too high.
  if (tp.icsk_ca_state <= TCP_CA_Disorder && tp.sacked_out >= TCP_FASTRETRANS_THRESH)
    tp.reordering = Math.min(tp.reordering, TCP_FASTRETRANS_THRESH)
  tcp_set_ca_state(s, TCP_CA_Loss)
  tp.high_seq = tp.snd_nxt
  tp.tlp_high_seq = -1
  tcp_ecn_queue_cwr(tp)
  // F-RTO, RFC 5682, section 3.1, step 1
  tp.frto = isNew || tp.icsk_retransmits > 0
}

/** In Loss: F-RTO (RFC 5682, section 3.1), else retransmit in slow start. */
function processLoss(s: Sender, alert: Alert, duplicate: boolean): void {
  const { tp } = s
  const recovered = tp.snd_una >= tp.high_seq
  const { flag } = alert
  if ((flag & FLAG_SND_UNA_ADVANCED) !== 0 && tcp_try_undo_loss(s, 'ask')) return
  if (tp.frto) {
    // Step 3b: something that was never retransmitted arrived.
    if ((flag & FLAG_ORIG_SACK_ACKED) !== 0 && tcp_try_undo_loss(s, 'forced')) return
    if (tp.snd_nxt > tp.high_seq) {
      if ((flag & FLAG_DATA_SACKED) !== 0 || duplicate) tp.frto = false
    } else if ((flag & FLAG_SND_UNA_ADVANCED) !== 0 && !recovered) {
      tp.high_seq = tp.snd_nxt
      // Step 2b: see what new data brings.
      if (unsent(s) > 0 && tp.snd_una + tp.snd_wnd > tp.snd_nxt) {
        alert.retransmit = 'new'
        return
      }
      tp.frto = false
    }
  }
  if (recovered) {
    tcp_try_undo_recovery(s)
    return
  }
  alert.retransmit = 'lost'
}

/** No loss: react to marks, see whether anything is out of order. */
function tryToOpen(s: Sender, flag: number): void {
  const { tp } = s
  if (!tcp_any_retrans_done(s)) tp.retrans_stamp = -1
  if ((flag & FLAG_ECE) !== 0) tcp_enter_cwr(s)
  if (tp.icsk_ca_state !== TCP_CA_CWR) tcp_try_keep_open(s)
}

const isOpen = (s: Sender): boolean => s.tp.icsk_ca_state === TCP_CA_Open

/** The state machine of congestion: Open, Disorder, CWR, Recovery, Loss. For acknowledgements that say more than "arrived". */
export function tcp_fastretrans_alert(s: Sender, priorUna: number, duplicate: boolean, alert: Alert): void {
  const { tp } = s
  if ((alert.flag & FLAG_ECE) !== 0) tp.prior_ssthresh = 0

  if (tp.icsk_ca_state === TCP_CA_Open) tp.retrans_stamp = -1
  else if (tp.snd_una >= tp.high_seq) {
    if (tp.icsk_ca_state === TCP_CA_CWR) {
      // Something above high_seq has to arrive, so that the receiver has seen CWR.
      if (tp.snd_una !== tp.high_seq) {
        tcp_end_cwnd_reduction(s)
        tcp_set_ca_state(s, TCP_CA_Open)
      }
    } else if (tp.icsk_ca_state === TCP_CA_Recovery) {
      tcp_try_undo_recovery(s)
      tcp_end_cwnd_reduction(s)
    }
  }

  switch (tp.icsk_ca_state) {
    case TCP_CA_Recovery:
      if ((alert.flag & FLAG_SND_UNA_ADVANCED) !== 0 && tcp_try_undo_partial(s, priorUna)) return
      if (tcp_try_undo_dsack(s)) tryToOpen(s, alert.flag)
      alert.flag = tcp_identify_packet_loss(s, alert.flag)
      if (tp.icsk_ca_state !== TCP_CA_Recovery) {
        if (tp.lost_out === 0) return
        tcp_enter_recovery(s, (alert.flag & FLAG_ECE) !== 0)
      }
      break
    case TCP_CA_Loss:
      processLoss(s, alert, duplicate)
      alert.flag = tcp_identify_packet_loss(s, alert.flag)
      if (!isOpen(s) && (alert.flag & FLAG_LOST_RETRANS) === 0) return
      if (!recoverOrOpen(s, alert)) return
      break
    default:
      if (!recoverOrOpen(s, alert)) return
  }
  alert.retransmit = 'lost'
}

/** Enter Recovery where something is lost; false where nothing is. */
function recoverOrOpen(s: Sender, alert: Alert): boolean {
  const { tp } = s
  if (tp.icsk_ca_state <= TCP_CA_Disorder) tcp_try_undo_dsack(s)
  alert.flag = tcp_identify_packet_loss(s, alert.flag)
  if (tp.lost_out === 0) {
    tryToOpen(s, alert.flag)
    return false
  }
  tcp_enter_recovery(s, (alert.flag & FLAG_ECE) !== 0)
  return true
}
