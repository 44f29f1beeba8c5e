import { HZ } from '../tcp/constants.ts'
import type { TcpSock } from '../tcp/tcp-sock.ts'

/** Sequence number of segment 0: near enough to the end that numbers go around after 2 MB, as some do in any kernel. */
const FIRST_SEQUENCE = 0xffe0_0000

/** Time since boot when a simulation begins: kernels are never at 0, where programs see "not set". us. */
export const BOOT_TIME = 1_000_000_000

const BOOT_JIFFIES = (BOOT_TIME * HZ) / 1_000_000
const BOOT_MS = BOOT_TIME / 1000

/** The sequence number at which a segment begins. */
export const sequenceOf = (tp: TcpSock, segment: number): number => (FIRST_SEQUENCE + segment * tp.mss_cache) >>> 0

/** The segment that a sequence number near `around` belongs to. */
export function segmentOf(tp: TcpSock, sequence: number, around: number): number {
  const distance = (sequence - sequenceOf(tp, around)) | 0
  return around + Math.round(distance / tp.mss_cache)
}

const boolean = (value: boolean): number => (value ? 1 : 0)

/** A field of the kernel's socket and what the simulator's has for it. */
export interface SocketField {
  readonly path: string
  readonly get: (tp: TcpSock) => number
}

const sk = 'inet_conn.icsk_inet.sk'

/** What programs may read, by paths from struct tcp_sock; a kernel without a field goes without. */
export const socketFields: readonly SocketField[] = [
  { path: `${sk}.__sk_common.skc_state`, get: () => 1 }, // TCP_ESTABLISHED
  { path: `${sk}.__sk_common.skc_family`, get: () => 2 }, // AF_INET
  { path: `${sk}.sk_pacing_rate`, get: (tp) => tp.sk_pacing_rate },
  { path: `${sk}.sk_max_pacing_rate`, get: (tp) => tp.sk_max_pacing_rate },
  { path: `${sk}.sk_pacing_status`, get: (tp) => tp.sk_pacing_status },
  { path: `${sk}.sk_pacing_shift`, get: (tp) => tp.sk_pacing_shift },
  { path: `${sk}.sk_gso_max_size`, get: (tp) => tp.sk_gso_max_size },
  { path: `${sk}.sk_gso_max_segs`, get: (tp) => tp.sk_gso_max_segs },
  { path: 'inet_conn.icsk_ca_state', get: (tp) => tp.icsk_ca_state },
  { path: 'inet_conn.icsk_ca_initialized', get: () => 1 },
  { path: 'inet_conn.icsk_retransmits', get: (tp) => tp.icsk_retransmits },
  { path: 'inet_conn.icsk_backoff', get: (tp) => tp.icsk_backoff },
  { path: 'inet_conn.icsk_rto', get: (tp) => Math.ceil((tp.icsk_rto * HZ) / 1_000_000) },
  { path: 'inet_conn.icsk_ack.pending', get: (tp) => tp.icsk_ack_pending },
  { path: 'inet_conn.icsk_ack.rcv_mss', get: (tp) => tp.mss_cache },
  { path: 'snd_cwnd', get: (tp) => tp.snd_cwnd },
  { path: 'snd_cwnd_cnt', get: (tp) => tp.snd_cwnd_cnt },
  { path: 'snd_cwnd_clamp', get: (tp) => tp.snd_cwnd_clamp },
  { path: 'snd_cwnd_used', get: (tp) => tp.snd_cwnd_used },
  { path: 'snd_cwnd_stamp', get: (tp) => tp.snd_cwnd_stamp + BOOT_JIFFIES },
  { path: 'snd_ssthresh', get: (tp) => tp.snd_ssthresh },
  { path: 'prior_cwnd', get: (tp) => tp.prior_cwnd },
  { path: 'prior_ssthresh', get: (tp) => tp.prior_ssthresh },
  { path: 'prr_delivered', get: (tp) => tp.prr_delivered },
  { path: 'prr_out', get: (tp) => tp.prr_out },
  { path: 'snd_una', get: (tp) => sequenceOf(tp, tp.snd_una) },
  { path: 'snd_nxt', get: (tp) => sequenceOf(tp, tp.snd_nxt) },
  { path: 'write_seq', get: (tp) => sequenceOf(tp, tp.snd_nxt) },
  { path: 'high_seq', get: (tp) => sequenceOf(tp, tp.high_seq) },
  { path: 'rtt_seq', get: (tp) => sequenceOf(tp, tp.rtt_seq) },
  { path: 'cwnd_usage_seq', get: (tp) => sequenceOf(tp, tp.cwnd_usage_seq) },
  { path: 'undo_marker', get: (tp) => (tp.undo_marker === -1 ? 0 : sequenceOf(tp, tp.undo_marker)) },
  { path: 'undo_retrans', get: (tp) => tp.undo_retrans },
  { path: 'tlp_high_seq', get: (tp) => (tp.tlp_high_seq === -1 ? 0 : sequenceOf(tp, tp.tlp_high_seq)) },
  { path: 'retrans_stamp', get: (tp) => (tp.retrans_stamp === -1 ? 0 : tp.retrans_stamp + BOOT_MS) },
  { path: 'rcv_nxt', get: (tp) => sequenceOf(tp, tp.rcv_nxt) },
  { path: 'snd_wnd', get: (tp) => Math.min(tp.snd_wnd * tp.mss_cache, 0x3fff_ffff) },
  { path: 'packets_out', get: (tp) => tp.packets_out },
  { path: 'sacked_out', get: (tp) => tp.sacked_out },
  { path: 'lost_out', get: (tp) => tp.lost_out },
  { path: 'retrans_out', get: (tp) => tp.retrans_out },
  { path: 'lost', get: (tp) => tp.lost },
  { path: 'delivered', get: (tp) => tp.delivered },
  { path: 'delivered_ce', get: (tp) => tp.delivered_ce },
  { path: 'total_retrans', get: (tp) => tp.total_retrans },
  { path: 'data_segs_out', get: (tp) => tp.data_segs_out },
  { path: 'segs_out', get: (tp) => tp.data_segs_out },
  { path: 'bytes_acked', get: (tp) => tp.snd_una * tp.mss_cache },
  { path: 'bytes_sent', get: (tp) => tp.data_segs_out * tp.mss_cache },
  { path: 'is_cwnd_limited', get: (tp) => boolean(tp.is_cwnd_limited) },
  { path: 'max_packets_out', get: (tp) => tp.max_packets_out },
  { path: 'app_limited', get: (tp) => tp.app_limited },
  { path: 'first_tx_mstamp', get: (tp) => tp.first_tx_mstamp + BOOT_TIME },
  { path: 'delivered_mstamp', get: (tp) => tp.delivered_mstamp + BOOT_TIME },
  { path: 'rate_delivered', get: (tp) => tp.rate_delivered },
  { path: 'rate_interval_us', get: (tp) => tp.rate_interval_us },
  { path: 'rate_app_limited', get: (tp) => boolean(tp.rate_app_limited) },
  { path: 'tcp_mstamp', get: (tp) => tp.tcp_mstamp + BOOT_TIME },
  { path: 'tcp_clock_cache', get: (tp) => Math.floor(tp.tcp_clock_cache) + BOOT_TIME * 1000 },
  { path: 'tcp_wstamp_ns', get: (tp) => Math.floor(tp.tcp_wstamp_ns) + BOOT_TIME * 1000 },
  { path: 'lsndtime', get: (tp) => tp.lsndtime + BOOT_JIFFIES },
  { path: 'srtt_us', get: (tp) => tp.srtt_us },
  { path: 'mdev_us', get: (tp) => tp.mdev_us },
  { path: 'mdev_max_us', get: (tp) => tp.mdev_max_us },
  { path: 'rttvar_us', get: (tp) => tp.rttvar_us },
  { path: 'rtt_min.s[0].v', get: (tp) => tp.rtt_min },
  { path: 'rtt_min.s[0].t', get: () => BOOT_JIFFIES },
  { path: 'mss_cache', get: (tp) => tp.mss_cache },
  { path: 'advmss', get: (tp) => tp.mss_cache },
  { path: 'tcp_header_len', get: () => 32 },
  { path: 'reordering', get: (tp) => tp.reordering },
  { path: 'reord_seen', get: (tp) => tp.reord_seen },
  { path: 'frto', get: (tp) => boolean(tp.frto) },
  { path: 'rack.mstamp', get: (tp) => tp.rack_mstamp + BOOT_TIME },
  { path: 'rack.rtt_us', get: (tp) => tp.rack_rtt_us },
  { path: 'ecn_flags', get: (tp) => tp.ecn_flags },
]

/** LINUX_VERSION_CODE. */
const version = (major: number, minor: number): number => (major << 16) | (minor << 8)

/** A field that programs may write, and what becomes of it. */
export interface WritableField {
  readonly path: string
  /** The first kernel that lets them, where it is not 5.10. */
  readonly since?: number
  readonly set: (tp: TcpSock, value: number) => void
}

/** What programs may write. */
export const writableFields: readonly WritableField[] = [
  {
    path: 'snd_cwnd',
    set(tp, value) {
      tp.snd_cwnd = value
    },
  },
  {
    path: 'snd_cwnd_cnt',
    set(tp, value) {
      tp.snd_cwnd_cnt = value
    },
  },
  {
    path: 'snd_ssthresh',
    set(tp, value) {
      tp.snd_ssthresh = value
    },
  },
  {
    path: 'snd_cwnd_stamp',
    since: version(6, 12),
    set(tp, value) {
      tp.snd_cwnd_stamp = value - BOOT_JIFFIES
    },
  },
  {
    path: 'app_limited',
    since: version(6, 12),
    set(tp, value) {
      tp.app_limited = value
    },
  },
  {
    path: 'ecn_flags',
    set(tp, value) {
      tp.ecn_flags = value
    },
  },
  {
    path: 'inet_conn.icsk_ack.pending',
    set(tp, value) {
      tp.icsk_ack_pending = value
    },
  },
  {
    path: `${sk}.sk_pacing_rate`,
    since: version(6, 1),
    set(tp, value) {
      tp.sk_pacing_rate = value
    },
  },
  {
    path: `${sk}.sk_pacing_status`,
    since: version(6, 1),
    set(tp, value) {
      tp.sk_pacing_status = value
    },
  },
]
