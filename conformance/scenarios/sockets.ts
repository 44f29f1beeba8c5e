import { congestionControl, type Kernel, setCongestionControl } from '@tscc/syscall'
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
} as const

/** Both ends of a TCP connection over IPv6 loopback, by their descriptors. */
export interface Connection {
  readonly client: number
  readonly server: number
  [Symbol.dispose](): void
}

/** Congestion controls of the two ends, which count from the first packet on; default: the machine's. */
export interface ConnectionOptions {
  readonly client?: string
  readonly server?: string
  /** What to do with the client's socket before it connects. */
  readonly before?: (client: number) => void
}

/** Connect two sockets of which each has its congestion control beforehand, as negotiating ECN wants it. */
export function connection(kernel: Kernel, options: ConnectionOptions = {}): Connection {
  const open: number[] = []
  const own = (fd: number): number => {
    open.push(fd)
    return fd
  }
  const close = (): void => {
    for (const fd of open.splice(0)) callLibc(prototypes.close, fd)
  }
  const socket = (cc: string | undefined): number => {
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
    return { client, server, [Symbol.dispose]: close }
  } catch (error) {
    close()
    throw error
  }
}

/** Send so many bytes to the other end; how many arrived. Both ends are this thread's, so neither may wait for the other. */
export function transfer({ client, server }: Connection, bytes: number): number {
  const chunk = new Uint8Array(1 << 16)
  const send = libcFunction<[number, Uint8Array, number, number]>(prototypes.send)
  const recv = libcFunction<[number, Uint8Array, number, number]>(prototypes.recv)
  const moved = (call: string, result: number): number => {
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
function awaitEither(writable: number, readable: number, arrived: number): void {
  const fds = new DataView(new ArrayBuffer(16))
  fds.setInt32(0, writable, true)
  fds.setInt16(4, POLLOUT, true)
  fds.setInt32(8, readable, true)
  fds.setInt16(12, POLLIN, true)
  const ready = callLibc(prototypes.poll, new Uint8Array(fds.buffer), 2, PATIENCE)
  if (ready === 0) throw new Error(`nothing moved for ${PATIENCE} ms after ${arrived} bytes`)
}

/** Connect with a congestion control at the client, send so many bytes: how many arrived, and what the client used. */
export function carry(kernel: Kernel, cc: string, bytes: number): { readonly arrived: number; readonly cc: string } {
  using pair = connection(kernel, { client: cc })
  return { arrived: transfer(pair, bytes), cc: congestionControl(kernel, pair.client) }
}
