import { byteReader, byteWriter } from '@tscc/core'
import { nativeLittleEndian } from '../attr.ts'
import { parseTcpInfo, type TcpInfo } from '../tcp-info.ts'
import { listAttributes, type NetlinkAttribute, nested, parseAttributes, u32Attribute } from './message.ts'
import { type NetlinkSocket, openNetlink } from './socket.ts'
import { NETLINK_SOCK_DIAG } from './uapi.ts'

/** TCP's states as linux/tcp_states.h numbers them, from 1 on. */
export const tcpStates = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
] as const

export type TcpState = (typeof tcpStates)[number]

/** One end of a connection; IPv6 as RFC 5952 writes it. */
export interface SocketAddress {
  readonly address: string
  readonly port: number
}

/** A TCP socket as the kernel's socket diagnostics (linux/inet_diag.h) show it. */
export interface TcpSocketInfo {
  readonly family: 4 | 6
  readonly state: TcpState
  readonly local: SocketAddress
  readonly remote: SocketAddress
  /** Of no two sockets since boot. */
  readonly cookie: bigint
  readonly uid: number
  readonly inode: number
  /** Id of the socket's cgroup, where the kernel (5.8) tells it. */
  readonly cgroup: bigint | undefined
  /** The name of its congestion control. */
  readonly congestion: string | undefined
  readonly info: TcpInfo | undefined
  /** Values of socket storage maps by map id, of those that were asked for. */
  readonly storages: ReadonlyMap<number, Uint8Array>
}

/** What is wanted; absent: every socket that carries or carried data, of both families. */
export interface SocketQuery {
  readonly states?: readonly TcpState[]
  readonly families?: readonly (4 | 6)[]
  /** Descriptors of sk_storage maps whose values are wanted too (Linux 5.7). */
  readonly storages?: readonly number[]
}

const SOCK_DIAG_BY_FAMILY = 20
const IPPROTO_TCP = 6
const families = { 4: 2, 6: 10 } as const
const INET_DIAG_INFO = 2
const INET_DIAG_CONG = 4
const INET_DIAG_SK_BPF_STORAGES = 20
const INET_DIAG_CGROUP_ID = 21
const INET_DIAG_REQ_SK_BPF_STORAGES = 2
const SK_DIAG_BPF_STORAGE_REQ_MAP_FD = 1
const SK_DIAG_BPF_STORAGE_MAP_ID = 2
const SK_DIAG_BPF_STORAGE_MAP_VALUE = 3
/** struct inet_diag_msg. */
const MESSAGE_BYTES = 72

const dataStates: readonly TcpState[] = ['ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSING']

/** Open the kernel's socket diagnostics of this thread's network namespace, for {@link tcpSockets}. */
export const openSocketDiag = (): NetlinkSocket => openNetlink(NETLINK_SOCK_DIAG)

/**
 * The TCP sockets of the network namespace whose diagnostics were opened.
 *
 * It takes no privilege but for `storages` (CAP_NET_ADMIN). Sockets that come and go meanwhile may be in it or not.
 */
export function tcpSockets(netlink: NetlinkSocket, query: SocketQuery = {}): readonly TcpSocketInfo[] {
  const found: TcpSocketInfo[] = []
  for (const family of query.families ?? ([4, 6] as const))
    netlink.dump(
      {
        name: `TCP sockets over IPv${family}`,
        type: SOCK_DIAG_BY_FAMILY,
        flags: 0,
        body: requestBody(family, query.states ?? dataStates),
        attributes: wantedStorages(query.storages ?? []),
      },
      ({ type, payload }) => {
        if (type === SOCK_DIAG_BY_FAMILY) found.push(parseSocket(payload))
      },
    )
  return found
}

/** struct inet_diag_req_v2, with an id that is not used in dumps. */
function requestBody(family: 4 | 6, states: readonly TcpState[]): Uint8Array {
  const w = byteWriter({ path: 'inet_diag_req_v2', capacity: 56 })
  w.u8(families[family], 'family')
  w.u8(IPPROTO_TCP, 'protocol')
  w.u8((1 << (INET_DIAG_INFO - 1)) | (1 << (INET_DIAG_CONG - 1)), 'ext')
  w.u8(0, 'pad')
  w.u32(
    states.reduce((mask, state) => mask | (1 << (tcpStates.indexOf(state) + 1)), 0),
    'states',
  )
  w.put(new Uint8Array(48))
  return w.finish()
}

function wantedStorages(fds: readonly number[]): readonly NetlinkAttribute[] {
  if (fds.length === 0) return []
  const maps = fds.map((fd) => u32Attribute(SK_DIAG_BPF_STORAGE_REQ_MAP_FD, fd))
  return [nested(INET_DIAG_REQ_SK_BPF_STORAGES, maps)]
}

/** One answer: struct inet_diag_msg and attributes; bytes that do not fit are `core/truncated`. */
export function parseSocket(payload: Uint8Array): TcpSocketInfo {
  const r = byteReader(payload, { path: 'inet_diag_msg' })
  const family = r.u8('family') === families[6] ? 6 : 4
  const state = tcpStates[r.u8('state') - 1] ?? 'CLOSE'
  r.take(2, 'timer')
  const id = r.take(48, 'id')
  r.take(12, 'queues')
  const uid = r.u32('uid')
  const inode = r.u32('inode')
  const ports = new DataView(id.buffer, id.byteOffset, id.length)
  const end = (port: number, address: number): SocketAddress => ({
    address: formatAddress(id.subarray(address, address + (family === 6 ? 16 : 4))),
    port: ports.getUint16(port),
  })
  const attributes = parseAttributes(payload.subarray(MESSAGE_BYTES))
  const info = attributes.get(INET_DIAG_INFO)
  const name = attributes.get(INET_DIAG_CONG)
  const cgroup = attributes.get(INET_DIAG_CGROUP_ID)
  return {
    family,
    state,
    local: end(0, 4),
    remote: end(2, 20),
    cookie: ports.getBigUint64(40, nativeLittleEndian),
    uid,
    inode,
    cgroup: cgroup?.length === 8 ? numbersOf(cgroup).getBigUint64(0, nativeLittleEndian) : undefined,
    congestion: name === undefined ? undefined : text(name),
    info: info === undefined ? undefined : parseTcpInfo(info),
    storages: storagesOf(attributes.get(INET_DIAG_SK_BPF_STORAGES)),
  }
}

function storagesOf(bytes: Uint8Array | undefined): ReadonlyMap<number, Uint8Array> {
  const values = new Map<number, Uint8Array>()
  if (bytes === undefined) return values
  // Each map is an attribute of the same type.
  for (const { value: map } of listAttributes(bytes)) {
    const one = parseAttributes(map)
    const [id, value] = [one.get(SK_DIAG_BPF_STORAGE_MAP_ID), one.get(SK_DIAG_BPF_STORAGE_MAP_VALUE)]
    if (id?.length === 4 && value !== undefined) values.set(numbersOf(id).getUint32(0, nativeLittleEndian), value)
  }
  return values
}

const numbersOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end))
}

/** The text of 4 or 16 bytes of an address in network order: RFC 5952 for IPv6. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const view = numbersOf(bytes)
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i))
  if (groups.slice(0, 5).every((one) => one === 0) && groups[5] === 0xffff)
    return `::ffff:${bytes.subarray(12).join('.')}`
  // The longest run of zeros, the first of several, is left out when it is longer than one.
  let [start, longest] = [-1, 1]
  for (let at = 0; at < 8; ) {
    let length = 0
    while (at + length < 8 && groups[at + length] === 0) length++
    if (length > longest) [start, longest] = [at, length]
    at += length + 1
  }
  const hex = (part: readonly number[]): string => part.map((one) => one.toString(16)).join(':')
  return start === -1 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + longest))}`
}
