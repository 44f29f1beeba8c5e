import {
  HZ,
  PACING_UNLIMITED,
  SK_PACING_NONE,
  TCP_CA_Open,
  TCP_INFINITE_SSTHRESH,
  TCP_INIT_CWND,
  TCP_TIMEOUT_INIT,
} from './constants.ts'

/**
 * One end of a connection, as a congestion control sees it: fields of `struct tcp_sock`, `inet_connection_sock` and `sock`
 * under their kernel names, in the kernel's units, but for sequence numbers: those here count segments from 0, and none
 * goes around (`seqOf` of `tcp-view.ts` makes bytes of them). -1 stands for "none" where the kernel has 0.
 */
export interface TcpSock {
  /** Bytes of data in a full segment. */
  mss_cache: number
  /** us. */
  tcp_mstamp: number
  /** ns. */
  tcp_clock_cache: number
  /** Earliest departure of the next segment, ns. */
  tcp_wstamp_ns: number

  snd_cwnd: number
  snd_cwnd_cnt: number
  snd_cwnd_clamp: number
  snd_cwnd_used: number
  /** Jiffies. */
  snd_cwnd_stamp: number
  snd_ssthresh: number
  prior_cwnd: number
  /** 0: cannot be undone. */
  prior_ssthresh: number
  prr_delivered: number
  prr_out: number

  snd_una: number
  snd_nxt: number
  high_seq: number
  /** Window of the receiver, segments. */
  snd_wnd: number
  packets_out: number
  sacked_out: number
  lost_out: number
  retrans_out: number
  lost: number
  delivered: number
  delivered_ce: number
  total_retrans: number
  data_segs_out: number

  is_cwnd_limited: boolean
  max_packets_out: number
  cwnd_usage_seq: number
  /** Segments delivered up to which the application limits; 0: it does not. */
  app_limited: number
  /** us. */
  first_tx_mstamp: number
  delivered_mstamp: number
  rate_delivered: number
  rate_interval_us: number
  rate_app_limited: boolean

  /** us << 3; 0: none yet. */
  srtt_us: number
  /** us << 2. */
  mdev_us: number
  mdev_max_us: number
  rttvar_us: number
  rtt_seq: number
  /** rtt_min.s[0].v, us. */
  rtt_min: number

  reordering: number
  reord_seen: number
  undo_marker: number
  undo_retrans: number
  /** Time stamp of the first retransmission, ms; -1: none. */
  retrans_stamp: number
  /** Time stamp that the last acknowledgement echoed, ms. */
  rcv_tsecr: number
  frto: boolean
  tlp_high_seq: number
  tlp_retrans: boolean

  /** us. */
  rack_mstamp: number
  rack_rtt_us: number
  rack_end_seq: number
  rack_advanced: boolean
  rack_dsack_seen: boolean
  rack_reo_wnd_steps: number
  rack_reo_wnd_persist: number
  rack_last_delivered: number

  icsk_ca_state: number
  icsk_retransmits: number
  icsk_backoff: number
  /** us. */
  icsk_rto: number
  icsk_ack_pending: number

  ecn_flags: number
  /** Next segment that the receiving end waits for. */
  rcv_nxt: number

  /** Bytes a second. */
  sk_pacing_rate: number
  sk_max_pacing_rate: number
  sk_pacing_status: number
  /** log2 of the part of a second that a burst lasts at most. */
  sk_pacing_shift: number
  sk_gso_max_size: number
  sk_gso_max_segs: number
  /** tcp_jiffies32 of the last data sent. */
  lsndtime: number
}

/** An end of a connection right after its handshake, `mss` in bytes. */
export function createTcpSock(mss: number): TcpSock {
  return {
    mss_cache: mss,
    tcp_mstamp: 0,
    tcp_clock_cache: 0,
    tcp_wstamp_ns: 0,
    snd_cwnd: TCP_INIT_CWND,
    snd_cwnd_cnt: 0,
    snd_cwnd_clamp: 0xffff_ffff,
    snd_cwnd_used: 0,
    snd_cwnd_stamp: 0,
    snd_ssthresh: TCP_INFINITE_SSTHRESH,
    prior_cwnd: 0,
    prior_ssthresh: 0,
    prr_delivered: 0,
    prr_out: 0,
    snd_una: 0,
    snd_nxt: 0,
    high_seq: 0,
    snd_wnd: 0x3fff_ffff,
    packets_out: 0,
    sacked_out: 0,
    lost_out: 0,
    retrans_out: 0,
    lost: 0,
    // The SYN was delivered.
    delivered: 1,
    delivered_ce: 0,
    total_retrans: 0,
    data_segs_out: 0,
    is_cwnd_limited: false,
    max_packets_out: 0,
    cwnd_usage_seq: 0,
    app_limited: 0,
    first_tx_mstamp: 0,
    delivered_mstamp: 0,
    rate_delivered: 0,
    rate_interval_us: 0,
    rate_app_limited: false,
    srtt_us: 0,
    mdev_us: TCP_TIMEOUT_INIT,
    mdev_max_us: 0,
    rttvar_us: 0,
    rtt_seq: 0,
    rtt_min: 0xffff_ffff,
    reordering: 3,
    reord_seen: 0,
    undo_marker: -1,
    undo_retrans: -1,
    retrans_stamp: -1,
    rcv_tsecr: 0,
    frto: false,
    tlp_high_seq: -1,
    tlp_retrans: false,
    rack_mstamp: 0,
    rack_rtt_us: 0,
    rack_end_seq: 0,
    rack_advanced: false,
    rack_dsack_seen: false,
    rack_reo_wnd_steps: 1,
    rack_reo_wnd_persist: 0,
    rack_last_delivered: 0,
    icsk_ca_state: TCP_CA_Open,
    icsk_retransmits: 0,
    icsk_backoff: 0,
    icsk_rto: TCP_TIMEOUT_INIT,
    icsk_ack_pending: 0,
    ecn_flags: 0,
    rcv_nxt: 0,
    sk_pacing_rate: PACING_UNLIMITED,
    sk_max_pacing_rate: PACING_UNLIMITED,
    sk_pacing_status: SK_PACING_NONE,
    sk_pacing_shift: 10,
    sk_gso_max_size: 65536,
    sk_gso_max_segs: 1,
    lsndtime: 0,
  }
}

/** Let the socket's clocks show `now`, ns. */
export function setClock(tp: TcpSock, now: number): void {
  tp.tcp_clock_cache = now
  tp.tcp_mstamp = Math.floor(now / 1000)
}

/** tcp_jiffies32. */
export const jiffiesOf = (tp: TcpSock): number => Math.floor((tp.tcp_mstamp * HZ) / 1_000_000)

/** What RFC 7323 time stamps count: ms. */
export const timestampOf = (tp: TcpSock): number => Math.floor(tp.tcp_mstamp / 1000)

/** Segments that are thought to be in the network (RFC 6675, section 2, "pipe"). */
export const tcp_packets_in_flight = (tp: TcpSock): number =>
  tp.packets_out - tp.sacked_out - tp.lost_out + tp.retrans_out

/** Below the threshold windows double. */
export const tcp_in_slow_start = (tp: TcpSock): boolean => tp.snd_cwnd < tp.snd_ssthresh

/** Was the window what limited sending? Only then may it grow (RFC 7661, section 4). */
export const tcp_is_cwnd_limited = (tp: TcpSock): boolean =>
  tp.is_cwnd_limited || (tcp_in_slow_start(tp) && tp.snd_cwnd < 2 * tp.max_packets_out)
