/** Congestion states (enum tcp_ca_state). */
export const TCP_CA_Open = 0
export const TCP_CA_Disorder = 1
export const TCP_CA_CWR = 2
export const TCP_CA_Recovery = 3
export const TCP_CA_Loss = 4

/** Events of cwnd_event (enum tcp_ca_event). */
export const CA_EVENT_TX_START = 0
export const CA_EVENT_CWND_RESTART = 1
export const CA_EVENT_COMPLETE_CWR = 2
export const CA_EVENT_LOSS = 3
export const CA_EVENT_ECN_NO_CE = 4
export const CA_EVENT_ECN_IS_CE = 5

/** Flags of in_ack_event (enum tcp_ca_ack_event_flags). */
export const CA_ACK_SLOWPATH = 1
export const CA_ACK_WIN_UPDATE = 2
export const CA_ACK_ECE = 4

/** What an acknowledgement was found to be: the flags that cong_control gets. */
export const FLAG_WIN_UPDATE = 0x02
export const FLAG_DATA_ACKED = 0x04
export const FLAG_RETRANS_DATA_ACKED = 0x08
export const FLAG_DATA_SACKED = 0x20
export const FLAG_ECE = 0x40
export const FLAG_LOST_RETRANS = 0x80
export const FLAG_SLOWPATH = 0x100
export const FLAG_ORIG_SACK_ACKED = 0x200
export const FLAG_SND_UNA_ADVANCED = 0x400
export const FLAG_DSACKING_ACK = 0x800
export const FLAG_SET_XMIT_TIMER = 0x1000
export const FLAG_ACK_MAYBE_DELAYED = 0x10000
export const FLAG_DSACK_TLP = 0x20000
/** It is no duplicate (kernel: FLAG_DATA | FLAG_WIN_UPDATE | FLAG_ACKED); window updates do not count here. */
export const FLAG_NOT_DUP = FLAG_DATA_ACKED
export const FLAG_CA_ALERT = FLAG_DATA_SACKED | FLAG_ECE | FLAG_DSACKING_ACK
export const FLAG_FORWARD_PROGRESS = FLAG_DATA_ACKED | FLAG_DATA_SACKED

/** tcp_sock.ecn_flags. */
export const TCP_ECN_OK = 1
export const TCP_ECN_QUEUE_CWR = 2
export const TCP_ECN_DEMAND_CWR = 4
export const TCP_ECN_SEEN = 8

/** icsk_ack.pending. */
export const ICSK_ACK_SCHED = 1
export const ICSK_ACK_TIMER = 2
export const ICSK_ACK_NOW = 16

/** sk_pacing_status. */
export const SK_PACING_NONE = 0
export const SK_PACING_NEEDED = 1
export const SK_PACING_FQ = 2

/** ssthresh before the first loss. */
export const TCP_INFINITE_SSTHRESH = 0x7fffffff
/** sk_pacing_rate that limits nothing. */
export const PACING_UNLIMITED = Number.MAX_SAFE_INTEGER
/** RFC 6928. */
export const TCP_INIT_CWND = 10
/** RFC 6298, section 2.4 says 1 s; Linux 200 ms. us. */
export const TCP_RTO_MIN = 200_000
/** us. */
export const TCP_RTO_MAX = 120_000_000
/** Before a round trip time is known (RFC 6298, section 2.1), us. */
export const TCP_TIMEOUT_INIT = 1_000_000
/** What timers of less than an RTO have on top, us. */
export const TCP_TIMEOUT_MIN = 2000
/** Segments out of order that count as loss where no reordering was seen (RFC 5681, DupThresh). */
export const TCP_FASTRETRANS_THRESH = 3
export const TCP_MAX_REORDERING = 300
/** Recoveries for which a widened RACK window is kept (RFC 8985, section 7.1). */
export const TCP_RACK_RECOVERY_THRESH = 16
/** Ticks a second of tcp_jiffies32, as distributions build their kernels. */
export const HZ = 250
