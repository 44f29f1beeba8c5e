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
