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

/** Option of SOL_TCP: small segments leave at once. */
export const TCP_NODELAY = 1
/** Option of SOL_TCP: idle time before the first keepalive probe, s. */
export const TCP_KEEPIDLE = 4
/** Option of SOL_TCP: time between keepalive probes, s. */
export const TCP_KEEPINTVL = 5
/** Option of SOL_TCP: keepalive probes before the connection is given up. */
export const TCP_KEEPCNT = 6
/** Option of SOL_TCP: SYNs sent again. */
export const TCP_SYNCNT = 7
/** Option of SOL_TCP: largest window announced, bytes. */
export const TCP_WINDOW_CLAMP = 10
/** Option of SOL_TCP: no backoff of thin streams. */
export const TCP_THIN_LINEAR_TIMEOUTS = 16
/** Option of SOL_TCP: keep the SYN of accepted connections. */
export const TCP_SAVE_SYN = 27
/** Option of SOL_TCP: the SYN that was kept; to be read. */
export const TCP_SAVED_SYN = 28
/** Option of SOL_TCP: largest retransmission timeout, ms (6.15). */
export const TCP_RTO_MAX_MS = 44
/** Option of SOL_SOCKET: the address may be used again. */
export const SO_REUSEADDR = 2
/** Option of SOL_SOCKET: send buffer, bytes; the kernel doubles it. */
export const SO_SNDBUF = 7
/** Option of SOL_SOCKET: receive buffer, bytes; the kernel doubles it. */
export const SO_RCVBUF = 8
/** Option of SOL_SOCKET: probes of idle connections. */
export const SO_KEEPALIVE = 9
/** Option of SOL_SOCKET: priority of packets. */
export const SO_PRIORITY = 12
/** Option of SOL_SOCKET: several sockets listen on a port; to be read. */
export const SO_REUSEPORT = 15
/** Option of SOL_SOCKET: bytes before the socket is readable. */
export const SO_RCVLOWAT = 18
/** Option of SOL_SOCKET: name of the device. */
export const SO_BINDTODEVICE = 25
/** Option of SOL_SOCKET: mark of packets. */
export const SO_MARK = 36
/** Option of SOL_SOCKET: index of the device. */
export const SO_BINDTOIFINDEX = 62
/** Option of SOL_SOCKET: choose another path after timeouts (6.0). */
export const SO_TXREHASH = 74
/** Option of IPPROTO_IP: type of service. */
export const IP_TOS = 1
/** Option of IPPROTO_IPV6: traffic class. */
export const IPV6_TCLASS = 67

/** `skb_tcp_flags`: FIN. */
export const TCPHDR_FIN = 1
/** `skb_tcp_flags`: SYN. */
export const TCPHDR_SYN = 2
/** `skb_tcp_flags`: RST. */
export const TCPHDR_RST = 4
/** `skb_tcp_flags`: PSH. */
export const TCPHDR_PSH = 8
/** `skb_tcp_flags`: ACK. */
export const TCPHDR_ACK = 16
/** `skb_tcp_flags`: URG. */
export const TCPHDR_URG = 32
/** `skb_tcp_flags`: ECE. */
export const TCPHDR_ECE = 64
/** `skb_tcp_flags`: CWR. */
export const TCPHDR_CWR = 128

/** Error number, which helpers give negative: not permitted. */
export const EPERM = 1
/** Error number, which helpers give negative: no such entry. */
export const ENOENT = 2
/** Error number, which helpers give negative: it exists. */
export const EEXIST = 17
/** Error number, which helpers give negative: invalid argument. */
export const EINVAL = 22
/** Error number, which helpers give negative: no room. */
export const ENOSPC = 28
/** Error number, which helpers give negative: there is no such header option. */
export const ENOMSG = 42

/** Result of a queueing discipline's `enqueue`: it keeps the packet. */
export const NET_XMIT_SUCCESS = 0
/** Result of a queueing discipline's `enqueue`: the packet was dropped. */
export const NET_XMIT_DROP = 1
/** Result of a queueing discipline's `enqueue`: it keeps the packet, and the sender had better be slower. */
export const NET_XMIT_CN = 2

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
