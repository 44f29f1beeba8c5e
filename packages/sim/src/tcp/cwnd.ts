import {
  CA_EVENT_COMPLETE_CWR,
  CA_EVENT_CWND_RESTART,
  FLAG_SND_UNA_ADVANCED,
  HZ,
  TCP_CA_CWR,
  TCP_CA_Recovery,
  TCP_ECN_OK,
  TCP_ECN_QUEUE_CWR,
  TCP_INFINITE_SSTHRESH,
  TCP_INIT_CWND,
} from './constants.ts'
import { type Sender, tcp_set_ca_state, unsent } from './sender.ts'
import { jiffiesOf, type TcpSock, tcp_is_cwnd_limited, tcp_packets_in_flight } from './tcp-sock.ts'

/** Is a reduction going on? */
export const tcp_in_cwnd_reduction = (tp: TcpSock): boolean =>
  tp.icsk_ca_state === TCP_CA_CWR || tp.icsk_ca_state === TCP_CA_Recovery

/** The threshold that a window of now stands for. */
export const tcp_current_ssthresh = (tp: TcpSock): number =>
  tcp_in_cwnd_reduction(tp) ? tp.snd_ssthresh : Math.max(tp.snd_ssthresh, (tp.snd_cwnd >> 1) + (tp.snd_cwnd >> 2))

/** A new segment will tell the receiver that the window was reduced (RFC 3168, section 6.1.2). */
export function tcp_ecn_queue_cwr(tp: TcpSock): void {
  if ((tp.ecn_flags & TCP_ECN_OK) !== 0) tp.ecn_flags |= TCP_ECN_QUEUE_CWR
}

/** Begin Proportional Rate Reduction (RFC 6937, section 3). */
export function tcp_init_cwnd_reduction(s: Sender): void {
  const { tp } = s
  tp.high_seq = tp.snd_nxt
  tp.tlp_high_seq = -1
  tp.snd_cwnd_cnt = 0
  tp.prior_cwnd = tp.snd_cwnd
  tp.prr_delivered = 0
  tp.prr_out = 0
  tp.snd_ssthresh = s.cc.ssthresh(tp)
  tcp_ecn_queue_cwr(tp)
}

/** RFC 6937, section 3, with its slow start part bounded by progress without new losses. */
export function tcp_cwnd_reduction(s: Sender, newlyDelivered: number, newlyLost: number, flag: number): void {
  const { tp } = s
  if (newlyDelivered <= 0 || tp.prior_cwnd === 0) return
  const inFlight = tcp_packets_in_flight(tp)
  const delta = tp.snd_ssthresh - inFlight
  tp.prr_delivered += newlyDelivered
  let quota: number
  if (delta < 0) quota = Math.ceil((tp.snd_ssthresh * tp.prr_delivered) / tp.prior_cwnd) - tp.prr_out
  else {
    quota = Math.max(tp.prr_delivered - tp.prr_out, newlyDelivered)
    if ((flag & FLAG_SND_UNA_ADVANCED) !== 0 && newlyLost === 0) quota += 1
    quota = Math.min(delta, quota)
  }
  // The first retransmission always leaves.
  quota = Math.max(quota, tp.prr_out > 0 ? 0 : 1)
  tp.snd_cwnd = inFlight + quota
}

/** The end of a reduction. */
export function tcp_end_cwnd_reduction(s: Sender): void {
  const { tp, cc } = s
  if (cc.cong_control !== undefined) return
  if (tp.snd_ssthresh < TCP_INFINITE_SSTHRESH && (tp.icsk_ca_state === TCP_CA_CWR || tp.undo_marker !== -1)) {
    tp.snd_cwnd = tp.snd_ssthresh
    tp.snd_cwnd_stamp = jiffiesOf(tp)
  }
  cc.cwnd_event?.(tp, CA_EVENT_COMPLETE_CWR)
}

/** A mark was told of: reduce once a window (RFC 3168, section 6.1.2). */
export function tcp_enter_cwr(s: Sender): void {
  const { tp } = s
  tp.prior_ssthresh = 0
  if (tp.icsk_ca_state >= TCP_CA_CWR) return
  tp.undo_marker = -1
  tcp_init_cwnd_reduction(s)
  tcp_set_ca_state(s, TCP_CA_CWR)
}

/** Keep account of whether the window is used (RFC 7661, section 4). */
export function tcp_cwnd_validate(s: Sender, limited: boolean): void {
  const { tp } = s
  if (tp.snd_una >= tp.cwnd_usage_seq || limited || (!tp.is_cwnd_limited && tp.packets_out > tp.max_packets_out)) {
    tp.is_cwnd_limited = limited
    tp.max_packets_out = tp.packets_out
    tp.cwnd_usage_seq = tp.snd_nxt
  }
  const now = jiffiesOf(tp)
  if (tcp_is_cwnd_limited(tp)) {
    tp.snd_cwnd_used = 0
    tp.snd_cwnd_stamp = now
    return
  }
  tp.snd_cwnd_used = Math.max(tp.snd_cwnd_used, tp.packets_out)
  const idle = ((now - tp.snd_cwnd_stamp) * 1_000_000) / HZ
  if (s.settings.slowStartAfterIdle && idle >= tp.icsk_rto && s.cc.cong_control === undefined)
    applicationLimited(tp, now)
}

/** A window that was not used for an RTO moves halfway to what was (RFC 2861, section 3.2). */
function applicationLimited(tp: TcpSock, now: number): void {
  const used = Math.max(tp.snd_cwnd_used, TCP_INIT_CWND)
  if (used < tp.snd_cwnd) {
    tp.snd_ssthresh = tcp_current_ssthresh(tp)
    tp.snd_cwnd = (tp.snd_cwnd + used) >> 1
  }
  tp.snd_cwnd_used = 0
  tp.snd_cwnd_stamp = now
}

/** Before data is written after a pause of more than an RTO: halve for each (RFC 2861, section 3.1; RFC 5681, section 4.1). */
export function tcp_slow_start_after_idle_check(s: Sender): void {
  const { tp, cc } = s
  if (!s.settings.slowStartAfterIdle || tp.packets_out > 0 || cc.cong_control !== undefined) return
  const now = jiffiesOf(tp)
  let idle = ((now - tp.lsndtime) * 1_000_000) / HZ
  if (idle <= tp.icsk_rto) return
  let cwnd = tp.snd_cwnd
  cc.cwnd_event?.(tp, CA_EVENT_CWND_RESTART)
  tp.snd_ssthresh = tcp_current_ssthresh(tp)
  const restart = Math.min(TCP_INIT_CWND, cwnd)
  for (idle -= tp.icsk_rto; idle > 0 && cwnd > restart; idle -= tp.icsk_rto) cwnd >>= 1
  tp.snd_cwnd = Math.max(cwnd, restart)
  tp.snd_cwnd_stamp = now
  tp.snd_cwnd_used = 0
}

/** The application has nothing more to send while the window has room: samples until then tell of it, not of the path. */
export function tcp_rate_check_app_limited(s: Sender): void {
  const { tp } = s
  const inFlight = tcp_packets_in_flight(tp)
  if (unsent(s) <= 0 && inFlight < tp.snd_cwnd && tp.lost_out <= tp.retrans_out)
    tp.app_limited = Math.max(tp.delivered + inFlight, 1)
}
