import type { TcpSock } from '../tcp/tcp-sock.ts'

/** What an acknowledgement tells pkts_acked (struct ack_sample). */
export interface AckSample {
  /** Segments that left the queue. */
  pkts_acked: number
  /** us; negative: none. */
  rtt_us: number
  /** Bytes in flight when the last of them was sent. */
  in_flight: number
}

/** A sample of the delivery rate (struct rate_sample; draft-cheng-iccrg-delivery-rate-estimation-02). Times in us. */
export interface RateSample {
  /** When `prior_delivered` was reached; 0: no sample. */
  prior_mstamp: number
  prior_delivered: number
  prior_delivered_ce: number
  /** Segments delivered over the interval; -1: no sample. */
  delivered: number
  delivered_ce: number
  /** -1: no sample. */
  interval_us: number
  snd_interval_us: number
  rcv_interval_us: number
  /** -1: none. */
  rtt_us: number
  losses: number
  acked_sacked: number
  prior_in_flight: number
  last_end_seq: number
  is_app_limited: boolean
  is_retrans: boolean
  is_ack_delayed: boolean
}

/**
 * A congestion control on one socket: the callbacks of struct tcp_congestion_ops, called in Linux's order. They read and
 * write `tp`; what they keep is their own.
 */
export interface CongestionControl {
  /** The slow start threshold after a loss, segments. */
  ssthresh(tp: TcpSock): number
  /** The window after a reduction that had no reason, segments. */
  undo_cwnd(tp: TcpSock): number
  init?(tp: TcpSock): void
  release?(tp: TcpSock): void
  /** `ack`: first segment not acknowledged; `acked`: segments that were. */
  cong_avoid?(tp: TcpSock, ack: number, acked: number): void
  /** `state`: TCP_CA_*; `tp.icsk_ca_state` is still the one before. */
  set_state?(tp: TcpSock, state: number): void
  /** `event`: CA_EVENT_*. */
  cwnd_event?(tp: TcpSock, event: number): void
  /** `flags`: CA_ACK_*. */
  in_ack_event?(tp: TcpSock, flags: number): void
  pkts_acked?(tp: TcpSock, sample: Readonly<AckSample>): void
  min_tso_segs?(tp: TcpSock): number
  sndbuf_expand?(tp: TcpSock): number
  /** Takes the place of cong_avoid and of PRR: sets window and pacing rate itself. `flag`: FLAG_*. */
  cong_control?(tp: TcpSock, ack: number, flag: number, rs: Readonly<RateSample>): void
}

/** What a receiving end lets its congestion control do: DCTCP acknowledges what came before a mark changed. */
export interface ReceiverActions {
  /** Send an acknowledgement of all before segment `rcv_nxt` now (kernel: __tcp_send_ack). */
  sendAck(rcv_nxt: number): void
}

/** An algorithm: makes a congestion control for each socket. */
export interface SimAlgorithm {
  /** Shown in tables; the kernel's name of it, where it has one. */
  readonly name: string
  /** It asks for ECN, and answers marks by their number (TCP_CONG_NEEDS_ECN). */
  readonly needsEcn?: boolean
  /** A new socket uses it. `actions` is there at the receiving end. */
  open(actions?: ReceiverActions): CongestionControl
}
