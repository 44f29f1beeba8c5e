import { sendMore } from './ack.ts'
import { TCP_CA_Recovery, TCP_RTO_MAX } from './constants.ts'
import { tcp_cwnd_reduction } from './cwnd.ts'
import { tcp_rack_detect_loss } from './rack.ts'
import { tcp_enter_loss, tcp_enter_recovery } from './recovery.ts'
import { type Sender, unsent } from './sender.ts'
import { setClock, tcp_packets_in_flight } from './tcp-sock.ts'
import { setSenderTimer, tcp_rearm_rto } from './timers.ts'
import { sendAgain, tcp_retransmit_skb, tcp_write_xmit, tcp_xmit_retransmit_queue } from './transmit.ts'

/** The sender's timer has come. */
export function onTimer(s: Sender): void {
  setClock(s.tp, s.env.now())
  if (s.timer === 'loss-probe') lossProbe(s)
  else if (s.timer === 'reorder') reorderTimeout(s)
  else if (s.timer === 'retransmit') {
    s.timer = 'none'
    retransmitTimeout(s)
  }
}

/** The pacing timer has come: what is lost goes first. */
export function onPacingTimer(s: Sender): void {
  const { tp } = s
  setClock(tp, s.env.now())
  if (tp.lost_out > tp.retrans_out && tp.snd_cwnd > tcp_packets_in_flight(tp)) tcp_xmit_retransmit_queue(s)
  sendMore(s)
}

/** RFC 6298, section 5.4 to 5.6. */
function retransmitTimeout(s: Sender): void {
  const { tp } = s
  if (tp.packets_out === 0) return
  tcp_enter_loss(s)
  tp.icsk_retransmits += 1
  tcp_retransmit_skb(s, tp.snd_una)
  s.retransmitHint = tp.snd_una + 1
  tp.icsk_backoff += 1
  tp.icsk_rto = Math.min(tp.icsk_rto * 2, TCP_RTO_MAX)
  setSenderTimer(s, 'retransmit', tp.icsk_rto)
}

/** RFC 8985, section 7.3: new data if there is, else the last segment again. */
function lossProbe(s: Sender): void {
  const { tp } = s
  if (tp.packets_out === 0) return
  if (tp.tlp_high_seq === -1) {
    tp.tlp_retrans = false
    if (unsent(s) > 0 && tp.snd_una + tp.snd_wnd > tp.snd_nxt) {
      if (tcp_write_xmit(s, 'probe') > 0) tp.tlp_high_seq = tp.snd_nxt
    } else {
      sendAgain(s, tp.snd_nxt - 1)
      tp.tlp_retrans = true
      tp.tlp_high_seq = tp.snd_nxt
    }
  }
  // From now where a probe left, else from when the first segment was sent.
  s.timer = tp.tlp_high_seq === tp.snd_nxt ? 'none' : 'loss-probe'
  tcp_rearm_rto(s)
}

/** RFC 8985, section 6.3: segments that were late are lost now. */
function reorderTimeout(s: Sender): void {
  const { tp, cc } = s
  const before = tcp_packets_in_flight(tp)
  tcp_rack_detect_loss(s)
  if (before !== tcp_packets_in_flight(tp)) {
    if (tp.icsk_ca_state !== TCP_CA_Recovery) {
      tcp_enter_recovery(s, false)
      if (cc.cong_control === undefined) tcp_cwnd_reduction(s, 1, 0, 0)
    }
    tcp_xmit_retransmit_queue(s)
  }
  tcp_rearm_rto(s)
}
