/** Bytes of an Ethernet header. */
export const ETHERNET = 14
const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const PROTOCOL_TCP = 6
const ECN_CE = 3

/** What the bottleneck wants to know of a frame; one object, filled by each call of {@link inspectFrame}. */
export interface FrameFacts {
  /** An IP packet: everything else passes without being queued. */
  ip: boolean
  /** It carries TCP payload (random loss spares handshakes and pure acknowledgements). */
  data: boolean
  /** ECT(0), ECT(1) or CE. */
  ecnCapable: boolean
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** Look at the Ethernet frame at `offset`; a frame too short for its headers is not IP. */
export function inspectFrame(bytes: Uint8Array, offset: number, length: number, facts: FrameFacts): void {
  facts.ip = false
  facts.data = false
  facts.ecnCapable = false
  const type = u16(bytes, offset + 12)
  const ip = offset + ETHERNET
  let protocol: number
  let transport: number
  let end: number
  if (type === ETHERTYPE_IPV4 && length >= ETHERNET + 20) {
    facts.ecnCapable = ((bytes[ip + 1] ?? 0) & 3) !== 0
    protocol = bytes[ip + 9] ?? 0
    transport = ip + ((bytes[ip] ?? 0) & 15) * 4
    end = ip + u16(bytes, ip + 2)
  } else if (type === ETHERTYPE_IPV6 && length >= ETHERNET + 40) {
    facts.ecnCapable = ((bytes[ip + 1] ?? 0) & 0x30) !== 0
    protocol = bytes[ip + 6] ?? 0
    transport = ip + 40
    end = transport + u16(bytes, ip + 4)
  } else return
  facts.ip = true
  if (protocol !== PROTOCOL_TCP || transport + 20 > offset + length) return
  facts.data = end > transport + ((bytes[transport + 12] ?? 0) >> 4) * 4
}

/**
 * Set Congestion Experienced in the IP header of the frame at `offset` (RFC 3168 section 5).
 *
 * IPv4's header checksum is brought up to date by RFC 1624's formula HC' = ~(~HC + ~m + m').
 */
export function markCe(bytes: Uint8Array, offset: number): void {
  const ip = offset + ETHERNET
  const type = u16(bytes, offset + 12)
  if (type === ETHERTYPE_IPV6) {
    bytes[ip + 1] = (bytes[ip + 1] ?? 0) | 0x30
    return
  }
  if (type !== ETHERTYPE_IPV4) return
  const before = u16(bytes, ip)
  const after = before | ECN_CE
  let sum = (~u16(bytes, ip + 10) & 0xffff) + (~before & 0xffff) + after
  sum = (sum & 0xffff) + (sum >> 16)
  sum = (sum & 0xffff) + (sum >> 16)
  bytes[ip + 1] = after & 0xff
  bytes[ip + 10] = (~sum >> 8) & 0xff
  bytes[ip + 11] = ~sum & 0xff
}
