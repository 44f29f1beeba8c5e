// What @tscc/vmlinux is made of: the part of a kernel that congestion controls and sock_ops programs see.

/** Structs of the connection, and of what callbacks are given. */
export const structs = [
  'tcp_congestion_ops',
  'bpf_struct_ops_tcp_congestion_ops',
  'tcp_sock',
  'inet_connection_sock',
  'inet_sock',
  'sock',
  'sock_common',
  'tcp_skb_cb',
  'sk_buff',
  'rate_sample',
  'ack_sample',
  'tcp_options_received',
  'bpf_sock_ops',
  'bpf_sock_ops_kern',
  'bpf_sock',
  'bpf_tcp_sock',
  'tcp_info',
  'request_sock',
  'inet_request_sock',
  'tcp_request_sock',
  'tcp_timewait_sock',
  'tcp6_sock',
]

/** What pointers in them lead to and TCP has a use for; everything else stays opaque. */
export const pointees = [
  'inet_connection_sock_af_ops',
  'dst_entry',
  'net',
  'netns_ipv4',
  'proto',
  'request_sock_ops',
  'tcp_fastopen_request',
  'ip_options',
  'saved_syn',
]

/** Structs that are mostly about something else: these members are kept. */
export const partial = {
  net: ['ns', 'net_cookie', 'ipv4'],
  proto: ['name', 'sysctl_mem', 'memory_pressure', 'max_header'],
}

/** Enums by name. */
export const enums = [
  'tcp_ca_state',
  'tcp_ca_event',
  'tcp_ca_ack_event_flags',
  'inet_csk_ack_state_t',
  'sk_pacing',
  'tcp_chrono',
  'tcp_queue',
  'tcp_fastopen_client_fail',
  'tcp_skb_cb_sacked_flags',
  'sock_flags',
]

/** Enums without a name, by one of their constants. */
export const enumerators = [
  'TCP_ESTABLISHED',
  'TCPF_ESTABLISHED',
  'BPF_TCP_ESTABLISHED',
  'BPF_SOCK_OPS_VOID',
  'BPF_SOCK_OPS_RTO_CB_FLAG',
  'TCP_BPF_IW',
  'BPF_LOAD_HDR_OPT_TCP_SYN',
  'BPF_WRITE_HDR_TCP_CURRENT_MSS',
  'BPF_NOEXIST',
  'BPF_SK_STORAGE_GET_F_CREATE',
  'BPF_RB_NO_WAKEUP',
  'BPF_RB_AVAIL_DATA',
  'SOCK_RCVTSTAMP',
]

/** Functions that programs call. */
export const functions =
  /^(?:tcp_slow_start|tcp_cong_avoid_ai|tcp_reno_(?:ssthresh|cong_avoid|undo_cwnd)|(?:bbr|dctcp|cubictcp)_(?:init|main|sndbuf_expand|undo_cwnd|cwnd_event|cwnd_event_tx_start|ssthresh|min_tso_segs|set_state|update_alpha|cwnd_undo|release|recalc_ssthresh|cong_avoid|state|acked))$/
