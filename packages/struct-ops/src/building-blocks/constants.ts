/** `icsk_ca_state`, from `enum tcp_ca_state` (uapi/linux/tcp.h). */
export const TCP_CA_STATES = {
  TCP_CA_Open: 0,
  TCP_CA_Disorder: 1,
  TCP_CA_CWR: 2,
  TCP_CA_Recovery: 3,
  TCP_CA_Loss: 4,
} as const

/**
 * `ev` of cwnd_event, from `enum tcp_ca_event` (include/net/tcp.h). The ECN events fire on the receiver, and
 * only for an algorithm with TCP_CONG_NEEDS_ECN; there is no delayed-ACK event. Not part of the kernel's ABI:
 * `loadEnum` takes the value from the target kernel.
 */
export const TCP_CA_EVENTS = {
  CA_EVENT_TX_START: 0,
  CA_EVENT_CWND_RESTART: 1,
  CA_EVENT_COMPLETE_CWR: 2,
  CA_EVENT_LOSS: 3,
  CA_EVENT_ECN_NO_CE: 4,
  CA_EVENT_ECN_IS_CE: 5,
} as const

/** `flags` of in_ack_event, from `enum tcp_ca_ack_event_flags` (include/net/tcp.h). */
export const IN_ACK_EVENT_FLAGS = {
  CA_ACK_SLOWPATH: 1,
  CA_ACK_WIN_UPDATE: 2,
  CA_ACK_ECE: 4,
} as const

/** `flags` of struct tcp_congestion_ops (include/net/tcp.h). */
export const TCP_CONG_FLAGS = {
  TCP_CONG_NON_RESTRICTED: 1,
  TCP_CONG_NEEDS_ECN: 2,
} as const
