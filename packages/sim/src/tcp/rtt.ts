import { FLAG_ACK_MAYBE_DELAYED, TCP_RTO_MAX, TCP_RTO_MIN } from './constants.ts'
import type { Sender } from './sender.ts'
import { type TcpSock, timestampOf } from './tcp-sock.ts'

/**
 * Smoothed round trip time and its variation (RFC 6298, section 2), as Linux refines it: the variation is the largest
 * deviation of a round trip, falls slowly, and a fall of the round trip time counts for little.
 */
export function tcp_rtt_estimator(tp: TcpSock, sample: number): void {
  if (tp.srtt_us === 0) {
    tp.srtt_us = Math.max(1, sample * 8)
    tp.mdev_us = sample * 2
    tp.rttvar_us = Math.max(tp.mdev_us, TCP_RTO_MIN)
    tp.mdev_max_us = tp.rttvar_us
    tp.rtt_seq = tp.snd_nxt
    return
  }
  const error = sample - (tp.srtt_us >> 3)
  tp.srtt_us = Math.max(1, tp.srtt_us + error)
  let deviation = Math.abs(error) - (tp.mdev_us >> 2)
  if (error < 0 && deviation > 0) deviation >>= 3
  tp.mdev_us += deviation
  if (tp.mdev_us > tp.mdev_max_us) {
    tp.mdev_max_us = tp.mdev_us
    tp.rttvar_us = Math.max(tp.rttvar_us, tp.mdev_max_us)
  }
  if (tp.snd_una > tp.rtt_seq) {
    if (tp.mdev_max_us < tp.rttvar_us) tp.rttvar_us -= (tp.rttvar_us - tp.mdev_max_us) >> 2
    tp.rtt_seq = tp.snd_nxt
    tp.mdev_max_us = TCP_RTO_MIN
  }
}

/** RTO = SRTT + 4 RTTVAR (RFC 6298, equation 2.3; rttvar_us has the factor). */
export function tcp_set_rto(tp: TcpSock): void {
  tp.icsk_rto = Math.min((tp.srtt_us >> 3) + tp.rttvar_us, TCP_RTO_MAX)
}

/** Samples of one acknowledgement, us; -1: none. */
export interface RttSamples {
  /** Of the oldest segment acknowledged for the first time. */
  readonly seq: number
  /** Of the oldest segment selectively acknowledged. */
  readonly sack: number
  /** Of the newest, for the congestion control. */
  readonly ca: number
}

/** Take samples in; false where there is none. Karn's rule is the caller's; time stamps help where it leaves nothing. */
export function tcp_ack_update_rtt(s: Sender, flag: number, acked: boolean, { seq, sack, ca }: RttSamples): boolean {
  const { tp } = s
  let sample = seq >= 0 ? seq : sack
  let caSample = ca
  if (sample < 0 && acked) {
    // RFC 7323, section 4.1: the time stamp tells which transmission was acknowledged, in ms.
    const delta = timestampOf(tp) - tp.rcv_tsecr
    sample = Math.max(1, delta) * 1000
    caSample = sample
  }
  s.rs.rtt_us = caSample
  if (sample < 0) return false
  updateMinRtt(tp, flag, caSample)
  tcp_rtt_estimator(tp, sample)
  tcp_set_rto(tp)
  tp.icsk_backoff = 0
  return true
}

/** The least round trip time of the connection (Linux forgets one after 300 s). */
function updateMinRtt(tp: TcpSock, flag: number, rtt: number): void {
  if ((flag & FLAG_ACK_MAYBE_DELAYED) !== 0 && rtt > tp.rtt_min) return
  tp.rtt_min = Math.min(tp.rtt_min, Math.max(rtt, 1))
}
