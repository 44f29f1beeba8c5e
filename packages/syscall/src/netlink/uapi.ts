/** Numbers of linux/netlink.h, under their names there. */
export const AF_NETLINK = 16
export const NETLINK_SOCK_DIAG = 4
export const SOL_NETLINK = 270
export const NETLINK_CAP_ACK = 10
export const NETLINK_EXT_ACK = 11

export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3
export const NLM_F_REQUEST = 0x01
export const NLM_F_ACK = 0x04
/** The whole of a table: NLM_F_ROOT and NLM_F_MATCH. */
export const NLM_F_DUMP = 0x300
/** A dump was disturbed by a change: it may lack something. */
export const NLM_F_DUMP_INTR = 0x10
/** In an error message: extended-ack attributes follow. */
export const NLM_F_ACK_TLVS = 0x200
export const NLM_F_CAPPED = 0x100
export const NLMSGERR_ATTR_MSG = 1
