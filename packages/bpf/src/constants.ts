// Macros of the kernel's headers, which no BTF has.

/** `flags` of a congestion control: anyone may choose it, not only who has CAP_NET_ADMIN. */
export const TCP_CONG_NON_RESTRICTED = 1
/** `flags` of a congestion control: it needs ECN, which connections then negotiate. */
export const TCP_CONG_NEEDS_ECN = 2

/** `tcp_sock.ecn_flags`: ECN was negotiated. */
export const TCP_ECN_OK = 1
/** `tcp_sock.ecn_flags`: CWR is to be sent. */
export const TCP_ECN_QUEUE_CWR = 2
/** `tcp_sock.ecn_flags`: ECE is being sent until CWR comes. */
export const TCP_ECN_DEMAND_CWR = 4
/** `tcp_sock.ecn_flags`: the peer uses ECN. */
export const TCP_ECN_SEEN = 8

/** `tcp_sock.snd_ssthresh` before the first loss. */
export const TCP_INFINITE_SSTHRESH = 0x7fffffff
/** The initial window, segments (RFC 6928). */
export const TCP_INIT_CWND = 10

/** `flags` of `bpf_timer_init`: time as it is set. */
export const CLOCK_REALTIME = 0
/** `flags` of `bpf_timer_init`: time since boot, without suspends. */
export const CLOCK_MONOTONIC = 1
/** `flags` of `bpf_timer_init`: time since boot. */
export const CLOCK_BOOTTIME = 7

/** Level of options of sockets. */
export const SOL_SOCKET = 1
/** Level of options of TCP. */
export const SOL_TCP = 6
/** Level of options of IPv4. */
export const IPPROTO_IP = 0
/** Level of options of IPv6. */
export const IPPROTO_IPV6 = 41
/** Option of SOL_TCP: largest segment size, bytes. */
export const TCP_MAXSEG = 2
/** Option of SOL_TCP: name of the congestion control. */
export const TCP_CONGESTION = 13
/** Option of SOL_TCP: unacknowledged data is given up after this, ms. */
export const TCP_USER_TIMEOUT = 18
/** Option of SOL_TCP: unsent bytes below which the socket is writable. */
export const TCP_NOTSENT_LOWAT = 25
/** Option of SOL_SOCKET: largest pacing rate, bytes per second. */
export const SO_MAX_PACING_RATE = 47

/** Family of IPv4 sockets. */
export const AF_INET = 2
/** Family of IPv6 sockets. */
export const AF_INET6 = 10

/** Microseconds of a second. */
export const USEC_PER_SEC = 1_000_000
/** Microseconds of a millisecond. */
export const USEC_PER_MSEC = 1000
/** Nanoseconds of a microsecond. */
export const NSEC_PER_USEC = 1000
/** Nanoseconds of a second. */
export const NSEC_PER_SEC = 1_000_000_000
