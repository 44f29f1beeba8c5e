import { byteWriter } from '@tscc/core'
import {
  bytesAttribute,
  type NetlinkAttribute,
  type NetlinkRequest,
  nested,
  stringAttribute,
  u32Attribute,
} from '@tscc/syscall/netlink'
import * as uapi from './uapi.ts'

const change = uapi.NLM_F_REQUEST | uapi.NLM_F_ACK
const create = change | uapi.NLM_F_CREATE | uapi.NLM_F_EXCL

/** One end of a veth pair. */
export interface VethEnd {
  readonly name: string
  /** Six bytes. */
  readonly mac: Uint8Array
}

/** What {@link setLink} changes; absent means unchanged. */
export interface LinkChange {
  readonly up?: boolean
  readonly mtu?: number
  readonly gsoMaxSegs?: number
}

/** struct ifinfomsg (16 bytes): index 0 selects by name; `up` sets IFF_UP. */
function ifinfomsg(index: number, up?: boolean): Uint8Array {
  const w = byteWriter({ path: 'ifinfomsg', capacity: 16 })
  w.u8(0, 'family')
  w.u8(0, 'pad')
  w.u16(0, 'type')
  w.s32(index, 'index')
  w.u32(up === true ? uapi.IFF_UP : 0, 'flags')
  w.u32(up === undefined ? 0 : uapi.IFF_UP, 'change')
  return w.finish()
}

/** In the order that iproute2 sends them, so that messages can be compared with its own. */
function vethAttributes(end: VethEnd, mtu: number, pid?: number): NetlinkAttribute[] {
  return [
    u32Attribute(uapi.IFLA_MTU, mtu),
    bytesAttribute(uapi.IFLA_ADDRESS, end.mac),
    ...(pid === undefined ? [] : [u32Attribute(uapi.IFLA_NET_NS_PID, pid)]),
    stringAttribute(uapi.IFLA_IFNAME, end.name),
  ]
}

/** A veth pair: `near` here, `far` in the network namespace of process `pid`. */
export function vethPair(near: VethEnd, far: VethEnd & { readonly pid: number }, mtu: number): NetlinkRequest {
  const peer = nested(uapi.VETH_INFO_PEER, vethAttributes(far, mtu, far.pid), ifinfomsg(0))
  return {
    name: `veth ${near.name}`,
    type: uapi.RTM_NEWLINK,
    flags: create,
    body: ifinfomsg(0),
    attributes: [
      ...vethAttributes(near, mtu),
      nested(uapi.IFLA_LINKINFO, [
        bytesAttribute(uapi.IFLA_INFO_KIND, new TextEncoder().encode('veth')),
        nested(uapi.IFLA_INFO_DATA, [peer]),
      ]),
    ],
  }
}

/** Change a device by its index. */
export function setLink(index: number, changes: LinkChange): NetlinkRequest {
  const attributes: NetlinkAttribute[] = []
  if (changes.mtu !== undefined) attributes.push(u32Attribute(uapi.IFLA_MTU, changes.mtu))
  if (changes.gsoMaxSegs !== undefined) attributes.push(u32Attribute(uapi.IFLA_GSO_MAX_SEGS, changes.gsoMaxSegs))
  return {
    name: `link ${index}`,
    type: uapi.RTM_NEWLINK,
    flags: change,
    body: ifinfomsg(index, changes.up),
    attributes,
  }
}
