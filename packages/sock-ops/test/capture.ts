import { callLibc } from '@tscc/syscall/libc'
import { closeFd, receive, type Wire } from './net.ts'

/** A TCP packet as it was on the wire. */
export interface Packet {
  readonly from: 'left' | 'right'
  /** `S`, `SA`, `A`, `FA`, … */
  readonly flags: string
  readonly bytes: number
  /** Options by kind, each with all its bytes; padding left out. */
  readonly options: readonly { readonly kind: number; readonly text: string }[]
}

const NAMES = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C']

/**
 * Send a SYN from the left host's wire as if from somebody else, who will never answer: the right host sends its SYN-ACK
 * again. Both addresses are IPv4; the checksum is that of RFC 9293, section 3.1.
 */
export function sendForgedSyn(net: Wire, from: string, to: string, port: number): void {
  const frame = new Uint8Array(14 + 20 + 20)
  const view = new DataView(frame.buffer)
  frame.set([2, 0, 0, 0, 9, 2, 2, 0, 0, 0, 9, 0x63, 8, 0])
  const address = (text: string) => Uint8Array.from(text.split('.'), Number)
  frame.set([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, ...address(from), ...address(to)], 14)
  view.setUint16(24, checksum(frame.subarray(14, 34)))
  view.setUint16(34, 50_000)
  view.setUint16(36, port)
  view.setUint32(38, 0x1234_5678)
  view.setUint16(46, 0x5002) // five words, SYN
  view.setUint16(48, 0xffff)
  const pseudo = Uint8Array.of(...address(from), ...address(to), 0, 6, 0, 20)
  view.setUint16(50, checksum(Uint8Array.of(...pseudo, ...frame.subarray(34))))
  net.on('left', () => {
    const fd = callLibc('int socket(int domain, int type, int protocol)', 17, 3 | 0o2000000, 0)
    const index = callLibc('unsigned int if_nametoindex(const char *name)', 'eth0')
    const where = new Uint8Array(20) // struct sockaddr_ll
    const whereView = new DataView(where.buffer)
    whereView.setUint16(0, 17, true)
    whereView.setInt32(4, index, true)
    callLibc('int bind(int fd, void *address, unsigned int length)', fd, where, where.length)
    callLibc('long send(int fd, void *bytes, size_t length, int flags)', fd, frame, frame.length, 0)
    closeFd(fd)
  })
}

function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** All that passes the right host's device, until `stop` gives it: an AF_PACKET socket. */
export function capture(net: Wire): { stop(): readonly Packet[] } {
  const ETH_P_ALL = 0x0300 // network byte order
  const fd = net.on('right', () =>
    callLibc('int socket(int domain, int type, int protocol)', 17, 3 | 0o2000000, ETH_P_ALL),
  )
  return {
    stop() {
      const packets: Packet[] = []
      const frame = new Uint8Array(1 << 16)
      for (let length = receive(fd, frame); length > 0; length = receive(fd, frame)) {
        const packet = parse(frame.slice(0, length))
        if (packet !== undefined) packets.push(packet)
      }
      closeFd(fd)
      return packets
    },
  }
}

function parse(frame: Uint8Array): Packet | undefined {
  const view = new DataView(frame.buffer)
  const isV6 = view.getUint16(12) === 0x86dd
  if (!isV6 && view.getUint16(12) !== 0x0800) return undefined
  const ip = 14
  if ((isV6 ? frame[ip + 6] : frame[ip + 9]) !== 6) return undefined
  const headerBytes = isV6 ? 40 : 4 * ((frame[ip] ?? 0) & 15)
  const total = isV6 ? 40 + view.getUint16(ip + 4) : view.getUint16(ip + 2)
  const tcp = ip + headerBytes
  const dataAt = tcp + 4 * ((frame[tcp + 12] ?? 0) >> 4)
  const options: { kind: number; text: string }[] = []
  for (let at = tcp + 20; at < dataAt; ) {
    const kind = frame[at] ?? 0
    if (kind === 0) break
    const length = kind === 1 ? 1 : (frame[at + 1] ?? 0)
    if (kind !== 1) options.push({ kind, text: hex(frame.subarray(at, at + length)) })
    at += Math.max(1, length)
  }
  const bits = frame[tcp + 13] ?? 0
  return {
    from: frame[11] === 1 ? 'left' : 'right',
    flags: NAMES.filter((_, i) => (bits >> i) & 1).join(''),
    bytes: ip + total - dataAt,
    options,
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
