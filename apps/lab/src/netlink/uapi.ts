/**
 * The numbers of the kernel's rtnetlink interface that the lab speaks, named as the headers name them
 * (linux/netlink.h, rtnetlink.h, if_link.h, if_addr.h, neighbour.h, pkt_sched.h, veth.h).
 */
export const AF_INET = 2
export const AF_INET6 = 10
export const AF_PACKET = 17
export const NETLINK_ROUTE = 0

export const NLM_F_REQUEST = 0x01
export const NLM_F_ACK = 0x04
export const NLM_F_EXCL = 0x200
export const NLM_F_CREATE = 0x400
export const NLM_F_REPLACE = 0x100

export const RTM_NEWLINK = 16
export const RTM_NEWADDR = 20
export const RTM_NEWROUTE = 24
export const RTM_NEWNEIGH = 28
export const RTM_NEWQDISC = 36
export const RTM_DELQDISC = 37

export const IFF_UP = 1
export const IFLA_ADDRESS = 1
export const IFLA_IFNAME = 3
export const IFLA_MTU = 4
export const IFLA_LINKINFO = 18
export const IFLA_NET_NS_PID = 19
export const IFLA_GSO_MAX_SEGS = 40
export const IFLA_INFO_KIND = 1
export const IFLA_INFO_DATA = 2
export const VETH_INFO_PEER = 1

export const IFA_ADDRESS = 1
export const IFA_LOCAL = 2
export const IFA_F_NODAD = 0x02

export const NDA_DST = 1
export const NDA_LLADDR = 2
export const NUD_PERMANENT = 0x80

export const RTA_DST = 1
export const RTA_OIF = 4
export const RTA_GATEWAY = 5
export const RT_TABLE_MAIN = 254
export const RTPROT_BOOT = 3
export const RT_SCOPE_UNIVERSE = 0
export const RTN_UNICAST = 1

export const TC_H_ROOT = 0xffff_ffff
export const TCA_KIND = 1
export const TCA_OPTIONS = 2
export const TCA_TBF_PARMS = 1
export const TCA_TBF_RATE64 = 4
export const TCA_TBF_BURST = 6
export const TC_LINKLAYER_ETHERNET = 1
