import { isIPv4, isIPv6 } from 'node:net'
import { byteWriter } from '@tscc/core'
import { bytesAttribute, type NetlinkRequest, u32Attribute } from '@tscc/syscall/netlink'
import { labErrors } from '../lab-errors.ts'
import * as uapi from './uapi.ts'

const create = uapi.NLM_F_REQUEST | uapi.NLM_F_ACK | uapi.NLM_F_CREATE | uapi.NLM_F_EXCL

/** The 4 or 16 bytes of an address's text form. */
export function parseAddress(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  if (!isIPv6(text) || text.includes('.') || text.includes('%'))
    throw labErrors.make('scenario', { field: 'address', value: text, limit: 'an IPv4 or IPv6 address' })
  const [head = '', tail] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

function family(address: Uint8Array): number {
  return address.length === 4 ? uapi.AF_INET : uapi.AF_INET6
}

/** Give device `index` an address with a prefix length; IPv6 without duplicate detection, so that it works at once. */
export function addAddress(index: number, address: string, prefix: number): NetlinkRequest {
  const bytes = parseAddress(address)
  const w = byteWriter({ path: 'ifaddrmsg', capacity: 8 })
  w.u8(family(bytes), 'family')
  w.u8(prefix, 'prefixlen')
  w.u8(bytes.length === 16 ? uapi.IFA_F_NODAD : 0, 'flags')
  w.u8(uapi.RT_SCOPE_UNIVERSE, 'scope')
  w.u32(index, 'index')
  return {
    name: `address ${address}/${prefix}`,
    type: uapi.RTM_NEWADDR,
    flags: create,
    body: w.finish(),
    attributes: [bytesAttribute(uapi.IFA_LOCAL, bytes), bytesAttribute(uapi.IFA_ADDRESS, bytes)],
  }
}

/** A permanent neighbour, so that no address resolution disturbs a run. */
export function addNeighbour(index: number, address: string, mac: Uint8Array): NetlinkRequest {
  const bytes = parseAddress(address)
  const w = byteWriter({ path: 'ndmsg', capacity: 12 })
  w.u8(family(bytes), 'family')
  w.u8(0, 'pad1')
  w.u16(0, 'pad2')
  w.s32(index, 'ifindex')
  w.u16(uapi.NUD_PERMANENT, 'state')
  w.u8(0, 'flags')
  w.u8(0, 'type')
  return {
    name: `neighbour ${address}`,
    type: uapi.RTM_NEWNEIGH,
    flags: create,
    body: w.finish(),
    attributes: [bytesAttribute(uapi.NDA_DST, bytes), bytesAttribute(uapi.NDA_LLADDR, mac)],
  }
}

/** The default route through a gateway on device `index`. */
export function addDefaultRoute(index: number, gateway: string): NetlinkRequest {
  const bytes = parseAddress(gateway)
  const w = byteWriter({ path: 'rtmsg', capacity: 12 })
  w.u8(family(bytes), 'family')
  w.u8(0, 'dst_len')
  w.u8(0, 'src_len')
  w.u8(0, 'tos')
  w.u8(uapi.RT_TABLE_MAIN, 'table')
  w.u8(uapi.RTPROT_BOOT, 'protocol')
  w.u8(uapi.RT_SCOPE_UNIVERSE, 'scope')
  w.u8(uapi.RTN_UNICAST, 'type')
  w.u32(0, 'flags')
  return {
    name: `default route via ${gateway}`,
    type: uapi.RTM_NEWROUTE,
    flags: create,
    body: w.finish(),
    attributes: [bytesAttribute(uapi.RTA_GATEWAY, bytes), u32Attribute(uapi.RTA_OIF, index)],
  }
}
