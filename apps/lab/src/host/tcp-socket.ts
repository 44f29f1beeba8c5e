import { tcpInfoSize } from '@tscc/syscall'
import { callLibc, errno, errnoName, errnoNumber, libcError, libcFunction } from '@tscc/syscall/libc'
import { labErrors } from '../lab-errors.ts'
import { parseAddress } from '../netlink/address.ts'

const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_ERROR = 4
const IPPROTO_TCP = 6
const TCP_INFO = 11
const TCP_CONGESTION = 13
const TCP_CC_INFO = 26
const POLLOUT = 4

const prototypes = {
  socket: 'int socket(int domain, int type, int protocol)',
  setsockopt: 'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
  getsockopt: 'int getsockopt(int fd, int level, int name, void *value, void *length)',
  bind: 'int bind(int fd, void *address, unsigned int length)',
  listen: 'int listen(int fd, int backlog)',
  connect: 'int connect(int fd, void *address, unsigned int length)',
  poll: 'int poll(void *fds, unsigned long count, int timeout)',
  close: 'int close(int fd)',
} as const

/** Where a socket goes and what controls its congestion. */
export interface TcpSocketSpec {
  readonly address: string
  readonly port: number
  readonly cc: string
}

/** struct sockaddr_in or sockaddr_in6. */
function socketAddress(address: string, port: number): Uint8Array {
  const ip = parseAddress(address)
  const bytes = new Uint8Array(ip.length === 4 ? 16 : 28)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, ip.length === 4 ? AF_INET : AF_INET6, true)
  view.setUint16(2, port, false)
  bytes.set(ip, ip.length === 4 ? 4 : 8)
  return bytes
}

/** A non-blocking socket with its congestion control set. */
function tcpSocket(spec: TcpSocketSpec): number {
  const family = spec.address.includes(':') ? AF_INET6 : AF_INET
  const fd = callLibc(prototypes.socket, family, SOCK_STREAM_NONBLOCK_CLOEXEC, 0)
  const name = new TextEncoder().encode(spec.cc)
  const setsockopt = libcFunction<[number, number, number, Uint8Array, number]>(prototypes.setsockopt)
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, name.length) < 0) {
    const error = errno()
    closeSocket(fd)
    throw labErrors.make('no-algorithm', { cc: spec.cc, name: errnoName(error) })
  }
  return fd
}

/** A listening socket; accepted connections inherit its congestion control. */
export function listeningSocket(spec: TcpSocketSpec): number {
  const fd = tcpSocket(spec)
  try {
    callLibc(prototypes.setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, Uint8Array.of(1, 0, 0, 0), 4)
    const address = socketAddress(spec.address, spec.port)
    callLibc(prototypes.bind, fd, address, address.length)
    callLibc(prototypes.listen, fd, 1024)
    return fd
  } catch (error) {
    closeSocket(fd)
    throw error
  }
}

/** Begin to connect; {@link awaitConnected} tells how it went. */
export function connectingSocket(spec: TcpSocketSpec): number {
  const fd = tcpSocket(spec)
  const address = socketAddress(spec.address, spec.port)
  const connect = libcFunction<[number, Uint8Array, number]>(prototypes.connect)
  if (connect(fd, address, address.length) < 0) {
    const error = errno()
    if (error !== errnoNumber('EINPROGRESS')) {
      closeSocket(fd)
      throw labErrors.make('connect', { cc: spec.cc, address: spec.address, name: errnoName(error) })
    }
  }
  return fd
}

/** Wait until a connection is made; `timeout` in ms. */
export function awaitConnected(fd: number, spec: TcpSocketSpec, timeout: number): void {
  const poll = new Uint8Array(8)
  const view = new DataView(poll.buffer)
  view.setInt32(0, fd, true)
  view.setInt16(4, POLLOUT, true)
  const ready = callLibc(prototypes.poll, poll, 1, timeout)
  const error = ready === 0 ? errnoNumber('ETIMEDOUT') : socketError(fd)
  if (error !== 0) throw labErrors.make('connect', { cc: spec.cc, address: spec.address, name: errnoName(error) })
}

function socketError(fd: number): number {
  const value = new Uint8Array(4)
  callLibc(prototypes.getsockopt, fd, SOL_SOCKET, SO_ERROR, value, Uint8Array.of(4, 0, 0, 0))
  return new DataView(value.buffer).getInt32(0, true)
}

/** Close a descriptor that no stream has taken over. */
export function closeSocket(fd: number): void {
  libcFunction<[number]>(prototypes.close)(fd)
}

/** A reader of TCP_INFO that allocates nothing per call: the view is overwritten by the next, bytes the kernel lacks are 0. */
export function createTcpInfoReader(): (fd: number) => DataView {
  const getsockopt = libcFunction<[number, number, number, Uint8Array, Uint8Array]>(prototypes.getsockopt)
  const value = new Uint8Array(tcpInfoSize + 64)
  const length = new Uint8Array(4)
  const view = new DataView(value.buffer)
  const lengthView = new DataView(length.buffer)
  return (fd) => {
    lengthView.setUint32(0, value.length, true)
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, value, length) < 0) throw libcError('getsockopt(TCP_INFO)', errno())
    return view
  }
}

/** struct tcp_dctcp_info: alpha in 1024ths after two u16. */
const dctcpInfo = { size: 16, alpha: 4, one: 1024 }

/** A reader of what the kernel's own DCTCP says of itself (TCP_CC_INFO): its alpha, 0 to 1; NaN while it has none. */
export function createDctcpAlphaReader(): (fd: number) => number {
  const getsockopt = libcFunction<[number, number, number, Uint8Array, Uint8Array]>(prototypes.getsockopt)
  const value = new Uint8Array(dctcpInfo.size)
  const length = new Uint8Array(4)
  const view = new DataView(value.buffer)
  const lengthView = new DataView(length.buffer)
  return (fd) => {
    lengthView.setUint32(0, value.length, true)
    if (getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, value, length) < 0) throw libcError('getsockopt(TCP_CC_INFO)', errno())
    const enabled = lengthView.getUint32(0, true) === dctcpInfo.size && view.getUint16(0, true) !== 0
    return enabled ? view.getUint32(dctcpInfo.alpha, true) / dctcpInfo.one : Number.NaN
  }
}
