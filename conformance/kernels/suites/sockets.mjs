// TCP over IPv6 loopback between sockets of libc's own, whose congestion control is set before they connect.
import { congestionControl, setCongestionControl } from '@tscc/syscall'
import { callLibc, errno, errnoNumber, libcError, libcFunction } from '@tscc/syscall/libc'

const AF_INET6 = 10
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000
const POLLIN = 1
const POLLOUT = 4
/** How long nothing may move, ms. */
const PATIENCE = 5000
/** struct sockaddr_in6: family, port, flow, address, scope. */
const addressSize = 28

const prototypes = {
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, void *address, unsigned int length)',
  listen: 'int listen(int fd, int backlog)',
  getsockname: 'int getsockname(int fd, void *address, void *length)',
  connect: 'int connect(int fd, void *address, unsigned int length)',
  accept: 'int accept(int fd, void *address, void *length)',
  send: 'long send(int fd, void *bytes, size_t length, int flags)',
  recv: 'long recv(int fd, void *bytes, size_t length, int flags)',
  poll: 'int poll(void *fds, unsigned long count, int timeout)',
  close: 'int close(int fd)',
}

/**
 * Both ends of a TCP connection, by their descriptors.
 *
 * @typedef {{ readonly client: number, readonly server: number, close(): void, [Symbol.dispose](): void }} Connection
 */

/**
 * Congestion controls of the two ends, default the machine's, and what to do with the client's socket before it connects.
 *
 * @typedef {{ readonly client?: string, readonly server?: string, readonly before?: (client: number) => void }} ConnectionOptions
 */

/**
 * Connect two sockets of which each has its congestion control beforehand, as negotiating ECN wants it.
 *
 * @param {import('@tscc/syscall').Kernel} kernel
 * @param {ConnectionOptions} options
 * @returns {Connection}
 */
export function connection(kernel, options = {}) {
  const open = []
  const own = (fd) => {
    open.push(fd)
    return fd
  }
  const close = () => {
    for (const fd of open.splice(0)) callLibc(prototypes.close, fd)
  }
  const socket = (cc) => {
    const fd = own(callLibc(prototypes.socket, AF_INET6, SOCK_STREAM_CLOEXEC, 0))
    if (cc !== undefined) setCongestionControl(kernel, fd, cc)
    return fd
  }
  try {
    const listener = socket(options.server)
    const address = new Uint8Array(addressSize)
    new DataView(address.buffer).setUint16(0, AF_INET6, true)
    address[23] = 1 // ::1
    callLibc(prototypes.bind, listener, address, addressSize)
    callLibc(prototypes.listen, listener, 1)
    callLibc(prototypes.getsockname, listener, address, Uint8Array.of(addressSize, 0, 0, 0))
    const client = socket(options.client)
    options.before?.(client)
    callLibc(prototypes.connect, client, address, addressSize)
    const server = own(callLibc(prototypes.accept, listener, null, null))
    return { client, server, close, [Symbol.dispose]: close }
  } catch (error) {
    close()
    throw error
  }
}

/**
 * Send so many bytes to the other end; how many arrived. Both ends are this thread's, so neither may wait for the other.
 *
 * @param {Connection} connection
 * @param {number} bytes
 * @returns {number}
 */
export function transfer({ client, server }, bytes) {
  const chunk = new Uint8Array(1 << 16)
  const send = libcFunction(prototypes.send)
  const recv = libcFunction(prototypes.recv)
  const moved = (call, result) => {
    if (result >= 0) return result
    const number = errno()
    if (number === errnoNumber('EAGAIN')) return 0
    throw libcError(call, number)
  }
  let [sent, arrived] = [0, 0]
  while (arrived < bytes) {
    const left = Math.min(chunk.length, bytes - sent)
    const out = left === 0 ? 0 : moved('send', send(client, chunk, left, MSG_DONTWAIT_NOSIGNAL))
    const into = moved('recv', recv(server, chunk, chunk.length, MSG_DONTWAIT_NOSIGNAL))
    sent += out
    arrived += into
    if (out === 0 && into === 0) awaitEither(sent < bytes ? client : -1, server, arrived)
  }
  return arrived
}

/** Wait until one can be written to or the other read from; poll(2) leaves out what is negative. */
function awaitEither(writable, readable, arrived) {
  const fds = new DataView(new ArrayBuffer(16))
  fds.setInt32(0, writable, true)
  fds.setInt16(4, POLLOUT, true)
  fds.setInt32(8, readable, true)
  fds.setInt16(12, POLLIN, true)
  const ready = callLibc(prototypes.poll, new Uint8Array(fds.buffer), 2, PATIENCE)
  if (ready === 0) throw new Error(`nothing moved for ${PATIENCE} ms after ${arrived} bytes`)
}

/**
 * Connect with a congestion control at the client, send so many bytes: how many arrived, and what the client used.
 *
 * @param {import('@tscc/syscall').Kernel} kernel
 * @param {string} cc
 * @param {number} bytes
 * @returns {{ readonly arrived: number, readonly cc: string }}
 */
export function carry(kernel, cc, bytes) {
  const pair = connection(kernel, { client: cc })
  try {
    return { arrived: transfer(pair, bytes), cc: congestionControl(kernel, pair.client) }
  } finally {
    pair.close()
  }
}
