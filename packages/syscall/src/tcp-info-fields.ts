/** One field of struct tcp_info: `bits` is [shift, width] within a byte, `since` the kernel whose struct first reaches it. */
export interface TcpInfoField {
  readonly at: number
  readonly type: 'u8' | 'u16' | 'u32' | 'u64'
  readonly bits?: readonly [number, number]
  readonly since?: string
}

/**
 * struct tcp_info (include/uapi/linux/tcp.h), little-endian bitfields.
 *
 * Times are microseconds, but `tcpi_last_*` and `tcpi_total_rto_time` milliseconds; rates are bytes per second.
 */
export const tcpInfoFields = {
  tcpi_state: { at: 0, type: 'u8' },
  tcpi_ca_state: { at: 1, type: 'u8' },
  tcpi_retransmits: { at: 2, type: 'u8' },
  tcpi_probes: { at: 3, type: 'u8' },
  tcpi_backoff: { at: 4, type: 'u8' },
  tcpi_options: { at: 5, type: 'u8' },
  tcpi_snd_wscale: { at: 6, type: 'u8', bits: [0, 4] },
  tcpi_rcv_wscale: { at: 6, type: 'u8', bits: [4, 4] },
  tcpi_delivery_rate_app_limited: { at: 7, type: 'u8', bits: [0, 1] },
  tcpi_fastopen_client_fail: { at: 7, type: 'u8', bits: [1, 2] },
  tcpi_rto: { at: 8, type: 'u32' },
  tcpi_ato: { at: 12, type: 'u32' },
  tcpi_snd_mss: { at: 16, type: 'u32' },
  tcpi_rcv_mss: { at: 20, type: 'u32' },
  tcpi_unacked: { at: 24, type: 'u32' },
  tcpi_sacked: { at: 28, type: 'u32' },
  tcpi_lost: { at: 32, type: 'u32' },
  tcpi_retrans: { at: 36, type: 'u32' },
  tcpi_fackets: { at: 40, type: 'u32' },
  tcpi_last_data_sent: { at: 44, type: 'u32' },
  tcpi_last_ack_sent: { at: 48, type: 'u32' },
  tcpi_last_data_recv: { at: 52, type: 'u32' },
  tcpi_last_ack_recv: { at: 56, type: 'u32' },
  tcpi_pmtu: { at: 60, type: 'u32' },
  tcpi_rcv_ssthresh: { at: 64, type: 'u32' },
  tcpi_rtt: { at: 68, type: 'u32' },
  tcpi_rttvar: { at: 72, type: 'u32' },
  tcpi_snd_ssthresh: { at: 76, type: 'u32' },
  tcpi_snd_cwnd: { at: 80, type: 'u32' },
  tcpi_advmss: { at: 84, type: 'u32' },
  tcpi_reordering: { at: 88, type: 'u32' },
  tcpi_rcv_rtt: { at: 92, type: 'u32' },
  tcpi_rcv_space: { at: 96, type: 'u32' },
  tcpi_total_retrans: { at: 100, type: 'u32' },
  tcpi_pacing_rate: { at: 104, type: 'u64', since: '3.15' },
  tcpi_max_pacing_rate: { at: 112, type: 'u64', since: '3.15' },
  tcpi_bytes_acked: { at: 120, type: 'u64', since: '4.1' },
  tcpi_bytes_received: { at: 128, type: 'u64', since: '4.1' },
  tcpi_segs_out: { at: 136, type: 'u32', since: '4.2' },
  tcpi_segs_in: { at: 140, type: 'u32', since: '4.2' },
  tcpi_notsent_bytes: { at: 144, type: 'u32', since: '4.6' },
  tcpi_min_rtt: { at: 148, type: 'u32', since: '4.6' },
  tcpi_data_segs_in: { at: 152, type: 'u32', since: '4.6' },
  tcpi_data_segs_out: { at: 156, type: 'u32', since: '4.6' },
  tcpi_delivery_rate: { at: 160, type: 'u64', since: '4.9' },
  tcpi_busy_time: { at: 168, type: 'u64', since: '4.10' },
  tcpi_rwnd_limited: { at: 176, type: 'u64', since: '4.10' },
  tcpi_sndbuf_limited: { at: 184, type: 'u64', since: '4.10' },
  tcpi_delivered: { at: 192, type: 'u32', since: '4.18' },
  tcpi_delivered_ce: { at: 196, type: 'u32', since: '4.18' },
  tcpi_bytes_sent: { at: 200, type: 'u64', since: '4.19' },
  tcpi_bytes_retrans: { at: 208, type: 'u64', since: '4.19' },
  tcpi_dsack_dups: { at: 216, type: 'u32', since: '4.19' },
  tcpi_reord_seen: { at: 220, type: 'u32', since: '4.19' },
  tcpi_rcv_ooopack: { at: 224, type: 'u32', since: '5.4' },
  tcpi_snd_wnd: { at: 228, type: 'u32', since: '5.4' },
  tcpi_rcv_wnd: { at: 232, type: 'u32', since: '6.2' },
  tcpi_rehash: { at: 236, type: 'u32', since: '6.2' },
  tcpi_total_rto: { at: 240, type: 'u16', since: '6.7' },
  tcpi_total_rto_recoveries: { at: 242, type: 'u16', since: '6.7' },
  tcpi_total_rto_time: { at: 244, type: 'u32', since: '6.7' },
  tcpi_received_ce: { at: 248, type: 'u32', since: '6.18' },
  tcpi_delivered_e1_bytes: { at: 252, type: 'u32', since: '6.18' },
  tcpi_delivered_e0_bytes: { at: 256, type: 'u32', since: '6.18' },
  tcpi_delivered_ce_bytes: { at: 260, type: 'u32', since: '6.18' },
  tcpi_received_e1_bytes: { at: 264, type: 'u32', since: '6.18' },
  tcpi_received_e0_bytes: { at: 268, type: 'u32', since: '6.18' },
  tcpi_received_ce_bytes: { at: 272, type: 'u32', since: '6.18' },
  tcpi_accecn_fail_mode: { at: 276, type: 'u16', since: '6.18' },
  tcpi_accecn_opt_seen: { at: 278, type: 'u16', since: '6.18' },
} as const satisfies Readonly<Record<string, TcpInfoField>>

/** Bytes of the struct as far as the table knows it. */
export const tcpInfoSize = 280
