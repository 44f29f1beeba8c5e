import type { AckSample, CongestionControl, RateSample } from '../cc/congestion-control.ts'
import { TCP_ECN_OK } from './constants.ts'
import { createScoreboard, type Scoreboard } from './scoreboard.ts'
import { createTcpSock, type TcpSock } from './tcp-sock.ts'

/** Which timer a sender has set; of the first three only one at a time, as in Linux. */
export type SenderTimer = 'none' | 'retransmit' | 'loss-probe' | 'reorder'

/** What a sender needs from its surroundings. */
export interface SenderEnvironment {
  /** ns. */
  now(): number
  /** Put a segment on the path. */
  transmit(sender: Sender, segment: number, ect: boolean, cwr: boolean): void
  /** Wake the sender up at `time` (ns), by `onTimer`; a later call replaces an earlier one. */
  setTimer(sender: Sender, time: number): void
  clearTimer(sender: Sender): void
  /** Wake the sender up at `time` (ns), by `onPacingTimer`. */
  setPacingTimer(sender: Sender, time: number): void
  /** Everything that was to be sent is acknowledged. */
  onIdle?(sender: Sender): void
}

/** Switches of the sending host, as sysctls name them. */
export interface SenderSettings {
  /** tcp_slow_start_after_idle. */
  readonly slowStartAfterIdle: boolean
  /** Segments that one packet for the device may have (gso_max_segs); 1: no offload. */
  readonly gsoMaxSegs: number
  /** tcp_min_tso_segs. */
  readonly minTsoSegs: number
  /** The host's device has an fq qdisc: every socket is paced. */
  readonly fq: boolean
  readonly ecn: boolean
  /** Bytes of data in a full segment. */
  readonly mss: number
}

/** The sending end of a connection. */
export interface Sender {
  readonly id: number
  readonly tp: TcpSock
  readonly cc: CongestionControl
  readonly needsEcn: boolean
  readonly board: Scoreboard
  readonly env: SenderEnvironment
  readonly settings: SenderSettings
  /** First segment that the application has not written yet; infinite: a flow without end. */
  writeSeq: number
  timer: SenderTimer
  /** ns. */
  timerAt: number
  /** An acknowledgement's samples; one of each, filled anew. */
  readonly rs: RateSample
  readonly ackSample: AckSample
  /** SACK blocks of the last acknowledgement that had some (tp->recv_sack_cache), segments, start and end in turn. */
  readonly sackCache: Float64Array
  /** One past the highest segment that was selectively acknowledged. */
  highestSack: number
  /** Segment from which the search for one to retransmit goes on. */
  retransmitHint: number
}

/** A connection right after its handshake, before init. */
export function createSender(
  id: number,
  cc: CongestionControl,
  needsEcn: boolean,
  env: SenderEnvironment,
  settings: SenderSettings,
): Sender {
  const tp = createTcpSock(settings.mss)
  tp.sk_gso_max_segs = settings.gsoMaxSegs
  if (settings.ecn) tp.ecn_flags = TCP_ECN_OK
  return {
    id,
    tp,
    cc,
    needsEcn,
    board: createScoreboard(),
    env,
    settings,
    writeSeq: 0,
    timer: 'none',
    timerAt: 0,
    rs: {
      prior_mstamp: 0,
      prior_delivered: 0,
      prior_delivered_ce: 0,
      delivered: -1,
      delivered_ce: 0,
      interval_us: -1,
      snd_interval_us: 0,
      rcv_interval_us: 0,
      rtt_us: -1,
      losses: 0,
      acked_sacked: 0,
      prior_in_flight: 0,
      last_end_seq: 0,
      is_app_limited: false,
      is_retrans: false,
      is_ack_delayed: false,
    },
    ackSample: { pkts_acked: 0, rtt_us: -1, in_flight: 0 },
    sackCache: new Float64Array(8),
    highestSack: 0,
    retransmitHint: 0,
  }
}

/** Tell the congestion control of a state, and enter it. */
export function tcp_set_ca_state(s: Sender, state: number): void {
  s.cc.set_state?.(s.tp, state)
  s.tp.icsk_ca_state = state
}

/** Segments waiting to be sent for the first time. */
export const unsent = (s: Sender): number => s.writeSeq - s.tp.snd_nxt
