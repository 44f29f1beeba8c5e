import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { cgroupRoot, type Kernel, setCongestionControl } from '@tscc/syscall'
import { callLibc, errno, errnoName, libcFunction } from '@tscc/syscall/libc'
import { bytesAttribute, type NetlinkRequest, nested, stringAttribute, u32Attribute } from '@tscc/syscall/netlink'
import { addAddress, addNeighbour } from '../../../apps/lab/src/netlink/address.ts'
import { setLink } from '../../../apps/lab/src/netlink/link-requests.ts'
import { openRtnetlink } from '../../../apps/lab/src/netlink/rtnetlink.ts'

const CLONE_NEWNET = 0x4000_0000
const IFLA_NET_NS_FD = 28
const MTU = 1500

/** Two hosts on one wire, each a network namespace; this thread makes its sockets in the one that it is in. */
export interface Wire {
  on<T>(host: Host, use: () => T): T
  close(): void
  [Symbol.dispose](): void
}

export type Host = 'left' | 'right'

/** Addresses of the hosts: several of the right one, so that there are several destinations. */
export const addresses = {
  left: ['10.9.0.1', 'fd09::1'],
  right: ['10.9.0.2', '10.9.0.3', 'fd09::2', 'fd09::3'],
  /** A neighbour that answers nothing. */
  nobody: '10.9.0.99',
} as const

const mac = (last: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 9, last)

/** struct ifinfomsg of a device that is not there yet. */
const noDevice = new Uint8Array(16)

function vethAcross(fd: number): NetlinkRequest {
  const end = (address: Uint8Array) => [u32Attribute(4, MTU), bytesAttribute(1, address), stringAttribute(3, 'eth0')]
  const peer = nested(1, [...end(mac(2)), u32Attribute(IFLA_NET_NS_FD, fd)], noDevice)
  return {
    name: 'veth',
    type: 16,
    flags: 0x605,
    body: noDevice,
    attributes: [...end(mac(1)), nested(18, [bytesAttribute(1, new TextEncoder().encode('veth')), nested(2, [peer])])],
  }
}

const setns = (fd: number): void => {
  callLibc('int setns(int fd, int kind)', fd, CLONE_NEWNET)
}

const deviceIndex = (name: string): number =>
  libcFunction<[string]>('unsigned int if_nametoindex(const char *name)')(name)

/** Make the wire; sysctls of the namespaces may be set in `on`. */
export function wire(): Wire {
  const here = '/proc/thread-self/ns/net'
  const home = openSync(here, 'r')
  const fresh = (): number => {
    callLibc('int unshare(int flags)', CLONE_NEWNET)
    return openSync(here, 'r')
  }
  const hosts = { left: fresh(), right: fresh() }
  const on = <T>(host: Host, use: () => T): T => {
    setns(hosts[host])
    try {
      return use()
    } finally {
      setns(home)
    }
  }
  on('left', () => {
    const netlink = openRtnetlink()
    netlink.request(vethAcross(hosts.right))
    netlink.close()
  })
  for (const host of ['left', 'right'] as const)
    on(host, () => {
      const netlink = openRtnetlink()
      const eth = deviceIndex('eth0')
      writeFileSync('/proc/sys/net/ipv4/tcp_no_metrics_save', '1')
      // BBR, which this may be otherwise, sets the threshold to infinity when it begins, whatever programs said before.
      writeFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'reno')
      for (const device of [eth, deviceIndex('lo')]) netlink.request(setLink(device, { up: true }))
      for (const address of addresses[host]) netlink.request(addAddress(eth, address, address.includes(':') ? 64 : 24))
      const other = host === 'left' ? 'right' : 'left'
      for (const address of addresses[other]) netlink.request(addNeighbour(eth, address, mac(other === 'left' ? 1 : 2)))
      netlink.request(addNeighbour(eth, addresses.nobody, mac(0x63)))
      netlink.close()
    })
  setns(home)
  const close = (): void => {
    for (const fd of [hosts.left, hosts.right, home]) closeSync(fd)
  }
  return { on, close, [Symbol.dispose]: close }
}

/** A cgroup of our own; this process is in it while `within` runs, and so are the sockets that it makes then. */
export interface Cgroup {
  readonly path: string
  within<T>(use: () => T): T
  close(): void
  [Symbol.dispose](): void
}

/** Where the machine has cgroup v2. */
const root = cgroupRoot()

export function cgroup(name: string, parent = root): Cgroup {
  const path = `${parent}/${parent === root ? `tscc-${name}-${process.pid}` : name}`
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
  mkdirSync(path)
  const enter = (folder: string): void => writeFileSync(`${folder}/cgroup.procs`, `${process.pid}`)
  const close = (): void => rmdirSync(path)
  return {
    path,
    within(use) {
      enter(path)
      try {
        return use()
      } finally {
        enter(`${root}${own}`)
      }
    },
    close,
    [Symbol.dispose]: close,
  }
}

const prototypes = {
  socket: 'int socket(int domain, int type, int protocol)',
  setsockopt: 'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
  bind: 'int bind(int fd, void *address, unsigned int length)',
  listen: 'int listen(int fd, int backlog)',
  connect: 'int connect(int fd, void *address, unsigned int length)',
  accept: 'int accept4(int fd, void *address, void *length, int flags)',
  send: 'long send(int fd, void *bytes, size_t length, int flags)',
  recv: 'long recv(int fd, void *bytes, size_t length, int flags)',
  close: 'int close(int fd)',
} as const

const CLOEXEC = 0o2000000
const NONBLOCK = 0o4000

function sockaddr(address: string, port: number): Uint8Array {
  const isV6 = address.includes(':')
  const bytes = new Uint8Array(isV6 ? 28 : 16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, isV6 ? 10 : 2, true)
  view.setUint16(2, port, false)
  if (!isV6) bytes.set(Uint8Array.from(address.split('.'), Number), 4)
  else if (address !== '::') {
    const [head = '', tail = ''] = address.split('::')
    const groups = (part: string) => (part === '' ? [] : part.split(':').map((one) => Number.parseInt(one, 16)))
    for (const [i, group] of groups(head).entries()) view.setUint16(8 + 2 * i, group, false)
    const last = groups(tail)
    for (const [i, group] of last.entries()) view.setUint16(24 - 2 * last.length + 2 * i, group, false)
  }
  return bytes
}

export const closeFd = (fd: number): void => {
  libcFunction<[number]>(prototypes.close)(fd)
}

/** Before it connects: the local port, which another connection may have had a moment ago. */
export function bindPort(fd: number, port: number): void {
  callLibc(prototypes.setsockopt, fd, 1, 2, Uint8Array.of(1, 0, 0, 0), 4)
  const address = sockaddr('0.0.0.0', port)
  callLibc(prototypes.bind, fd, address, address.length)
}

/** A socket that listens on all addresses, IPv4 too. */
export function listen(port: number, before: (fd: number) => void = () => undefined): number {
  const fd = callLibc(prototypes.socket, 10, 1 | CLOEXEC, 0)
  callLibc(prototypes.setsockopt, fd, 1, 2, Uint8Array.of(1, 0, 0, 0), 4)
  before(fd)
  const address = sockaddr('::', port)
  callLibc(prototypes.bind, fd, address, address.length)
  callLibc(prototypes.listen, fd, 128)
  return fd
}

/** A connected socket: the handshake needs nobody's help. */
export function connect(address: string, port: number, before: (fd: number) => void = () => undefined): number {
  const fd = callLibc(prototypes.socket, address.includes(':') ? 10 : 2, 1 | CLOEXEC, 0)
  before(fd)
  const to = sockaddr(address, port)
  callLibc(prototypes.connect, fd, to, to.length)
  return fd
}

/** A socket that began to connect, and may never be. */
export function beginConnect(address: string, port: number): number {
  const fd = callLibc(prototypes.socket, address.includes(':') ? 10 : 2, 1 | CLOEXEC | NONBLOCK, 0)
  const to = sockaddr(address, port)
  const result = libcFunction<[number, Uint8Array, number]>(prototypes.connect)(fd, to, to.length)
  if (result < 0 && errnoName(errno()) !== 'EINPROGRESS') throw new Error(`connect: ${errnoName(errno())}`)
  return fd
}

export const accept = (listener: number): number => callLibc(prototypes.accept, listener, null, null, CLOEXEC)

/** Both ends of a connection from left to right. */
export interface Pair {
  readonly client: number
  readonly server: number
  close(): void
  [Symbol.dispose](): void
}

/** What can be different about a connection. */
export interface PairOptions {
  readonly address?: string
  readonly port?: number
  /** Before the client connects. */
  readonly before?: (client: number) => void
  /** Before the listener listens. */
  readonly listening?: (listener: number) => void
}

/** Connect left to right. */
export function pair(net: Wire, options: PairOptions = {}): Pair {
  const { address = '10.9.0.2', port = 4000, before, listening } = options
  const listener = net.on('right', () => listen(port, listening))
  try {
    const client = net.on('left', () => connect(address, port, before))
    const server = accept(listener)
    const close = (): void => {
      closeFd(client)
      closeFd(server)
    }
    return { client, server, close, [Symbol.dispose]: close }
  } finally {
    closeFd(listener)
  }
}

const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000

/** Bytes that fit at once; 0 where none do. */
export function send(fd: number, bytes: Uint8Array): number {
  const count = libcFunction<[number, Uint8Array, number, number]>(prototypes.send)
  return Math.max(0, Number(count(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL)))
}

/** Bytes that are there; 0 where none are. */
export function receive(fd: number, into = new Uint8Array(1 << 16)): number {
  const count = libcFunction<[number, Uint8Array, number, number]>(prototypes.recv)
  return Math.max(0, Number(count(fd, into, into.length, MSG_DONTWAIT)))
}

/** Send so many bytes from one end to the other, reading as they come. */
export async function transfer(from: number, to: number, bytes: number): Promise<void> {
  const chunk = new Uint8Array(1 << 16)
  const state = { sent: 0, arrived: 0 }
  for (let idle = 0; state.arrived < bytes; ) {
    const out = state.sent < bytes ? send(from, chunk.subarray(0, Math.min(chunk.length, bytes - state.sent))) : 0
    const into = receive(to, chunk)
    state.sent += out
    state.arrived += into
    idle = out + into === 0 ? idle + 1 : 0
    if (idle > 5000) throw new Error(`nothing moved after ${state.arrived} of ${bytes} bytes`)
    if (idle > 0) await sleep(1)
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A number that is an option of a socket. */
export function option(kernel: Kernel, fd: number, level: number, name: number): number {
  const bytes = new Uint8Array(4)
  const length = kernel.getSocketOption(fd, level, name, bytes)
  if (length < 0) throw new Error(`getsockopt: ${errnoName(-length)}`)
  return new DataView(bytes.buffer).getInt32(0, true)
}

export const useCongestionControl = (kernel: Kernel, name: string) => (fd: number) =>
  setCongestionControl(kernel, fd, name)

/** Set an option that is made of numbers of 32 bits. */
export function setOption(fd: number, level: number, name: number, ...values: readonly number[]): void {
  const bytes = new Uint8Array(Int32Array.from(values).buffer)
  callLibc(prototypes.setsockopt, fd, level, name, bytes, bytes.length)
}

/** Send FIN; the socket stays. */
export const shutdownWrite = (fd: number): void => {
  callLibc('int shutdown(int fd, int how)', fd, 1)
}
