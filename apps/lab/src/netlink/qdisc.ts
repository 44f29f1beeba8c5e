import { byteWriter } from '@tscc/core'
import {
  bytesAttribute,
  type NetlinkAttribute,
  type NetlinkRequest,
  nested,
  stringAttribute,
  u32Attribute,
  u64Attribute,
} from '@tscc/syscall/netlink'
import * as uapi from './uapi.ts'

/** Ticks of the packet scheduler, 64 ns each (PSCHED_SHIFT is 6 in every kernel), in whole microseconds. */
function ticks(us: number): number {
  return Math.min(Math.floor((us * 1000) / 64), 0xffff_ffff)
}

/** Token bucket filter: rate in bit/s, burst and limit in bytes (limit is the drop-tail queue). */
export interface TbfSpec {
  readonly kind: 'tbf'
  readonly rate: number
  readonly burst: number
  readonly limit: number
}

/** Network emulator: delay in ms, loss 0..1, limit in packets. */
export interface NetemSpec {
  readonly kind: 'netem'
  readonly delay: number
  readonly loss: number
  readonly limit: number
}

/** A kind that was registered from a program (Qdisc_ops), which takes no options. */
export interface BpfQdiscSpec {
  readonly kind: 'bpf'
  /** The kernel's name for it. */
  readonly id: string
}

/** Every qdisc that the lab makes. */
export type QdiscSpec = TbfSpec | NetemSpec | BpfQdiscSpec

/** Make (or replace) the root qdisc of device `index`. */
export function setRootQdisc(index: number, qdisc: QdiscSpec): NetlinkRequest {
  const { kind } = qdisc
  if (kind === 'bpf') return newRootQdisc(index, qdisc.id, [])
  return newRootQdisc(index, kind, [kind === 'tbf' ? tbfOptions(qdisc) : netemOptions(qdisc)])
}

function newRootQdisc(index: number, kind: string, options: readonly NetlinkAttribute[]): NetlinkRequest {
  return {
    name: `qdisc ${kind}`,
    type: uapi.RTM_NEWQDISC,
    flags: uapi.NLM_F_REQUEST | uapi.NLM_F_ACK | uapi.NLM_F_CREATE | uapi.NLM_F_REPLACE,
    body: tcmsg(index, uapi.TC_H_ROOT),
    attributes: [stringAttribute(uapi.TCA_KIND, kind), ...options],
  }
}

/** Take the root qdisc of device `index` away, with all it holds. */
export function deleteRootQdisc(index: number): NetlinkRequest {
  return {
    name: 'qdisc',
    type: uapi.RTM_DELQDISC,
    flags: uapi.NLM_F_REQUEST | uapi.NLM_F_ACK,
    body: tcmsg(index, uapi.TC_H_ROOT),
    attributes: [],
  }
}

/** struct tcmsg (20 bytes). */
function tcmsg(index: number, parent: number): Uint8Array {
  const w = byteWriter({ path: 'tcmsg', capacity: 20 })
  w.u32(0, 'family')
  w.s32(index, 'ifindex')
  w.u32(0, 'handle')
  w.u32(parent, 'parent')
  w.u32(0, 'info')
  return w.finish()
}

/** TCA_TBF_PARMS is struct tc_tbf_qopt; with the link layer named, the kernel (3.8 and newer) wants no rate table. */
function tbfOptions(spec: TbfSpec): NetlinkAttribute {
  const rate = Math.round(spec.rate / 8)
  const w = byteWriter({ path: 'tc_tbf_qopt', capacity: 36 })
  w.u8(3, 'rate.cell_log') // of the rate table that is not sent; iproute2's value
  w.u8(uapi.TC_LINKLAYER_ETHERNET, 'rate.linklayer')
  w.u16(0, 'rate.overhead')
  w.s16(-1, 'rate.cell_align')
  w.u16(0, 'rate.mpu')
  w.u32(Math.min(rate, 0xffff_ffff), 'rate.rate')
  w.put(new Uint8Array(12)) // no peak rate
  w.u32(spec.limit, 'limit')
  w.u32(ticks(Math.floor((spec.burst * 1e6) / rate)), 'buffer')
  w.u32(0, 'mtu')
  const attributes = [bytesAttribute(uapi.TCA_TBF_PARMS, w.finish()), u32Attribute(uapi.TCA_TBF_BURST, spec.burst)]
  if (rate > 0xffff_ffff) attributes.push(u64Attribute(uapi.TCA_TBF_RATE64, BigInt(rate)))
  return nested(uapi.TCA_OPTIONS, attributes)
}

/** struct tc_netem_qopt; the 32 bits of `latency` reach 274 s, so TCA_NETEM_LATENCY64 is not needed. */
function netemOptions(spec: NetemSpec): NetlinkAttribute {
  const w = byteWriter({ path: 'tc_netem_qopt', capacity: 24 })
  w.u32(ticks(Math.round(spec.delay * 1000)), 'latency')
  w.u32(spec.limit, 'limit')
  w.u32(Math.round(spec.loss * 0xffff_ffff), 'loss')
  w.u32(0, 'gap')
  w.u32(0, 'duplicate')
  w.u32(0, 'jitter')
  return bytesAttribute(uapi.TCA_OPTIONS, w.finish())
}
