export {
  bytesAttribute,
  encodeAttributes,
  encodeRequest,
  type NetlinkAttribute,
  type NetlinkMessage,
  type NetlinkRequest,
  nested,
  parseAttributes,
  parseMessages,
  stringAttribute,
  u32Attribute,
  u64Attribute,
} from './netlink/message.ts'
export { checkAcknowledgement, type NetlinkSocket, openNetlink } from './netlink/socket.ts'
export {
  formatAddress,
  openSocketDiag,
  parseSocket,
  type SocketAddress,
  type SocketQuery,
  type TcpSocketInfo,
  type TcpState,
  tcpSockets,
  tcpStates,
} from './netlink/socket-diag.ts'
