import type { FlowTrace, LinkCounters, PathSpec } from '@tscc/experiment'
import type { Offload } from '../ethtool.ts'
import type { VethEnd } from '../netlink/link-requests.ts'
import type { QdiscSpec } from '../netlink/qdisc.ts'

/** The parts that the processes of an experiment play. */
export type HostRole = 'sender' | 'receiver' | 'router'

/** How a host's device is set up; the device is brought up last. */
export interface NetworkSpec {
  readonly device: string
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[]
  readonly neighbours: readonly { readonly address: string; readonly mac: Uint8Array }[]
  readonly gateway?: string
  readonly offloadsOff: readonly Offload[]
  readonly gsoMaxSegs?: number
  /** Settings below /proc/sys/net of the host's namespace. */
  readonly sysctls: readonly { readonly name: string; readonly value: string | number }[]
}

/** A listening socket with the congestion control that its connections inherit. */
export interface ListenSpec {
  readonly address: string
  readonly port: number
  readonly cc: string
}

/** A connection that sends for the whole run. */
export interface FlowSpec extends ListenSpec {
  readonly label: string
  readonly flow: number
  /** Ask for ECN when connecting. */
  readonly ecn: boolean
}

/** One run of a sender: times in ms. */
export interface SendSpec {
  readonly flows: readonly FlowSpec[]
  readonly duration: number
  readonly interval: number
}

/** What the parent asks of its processes: argument and result of each call. */
export interface HostCalls {
  readonly 'create-veth': {
    readonly argument: {
      readonly near: VethEnd
      readonly far: VethEnd & { readonly pid: number }
      readonly mtu: number
    }
    readonly result: null
  }
  readonly 'set-network': { readonly argument: NetworkSpec; readonly result: null }
  readonly 'set-qdisc': {
    readonly argument: { readonly device: string; readonly qdisc: QdiscSpec }
    readonly result: null
  }
  /** Why this kernel has no netem; empty when it has. */
  readonly 'probe-netem': { readonly argument: null; readonly result: string }
  readonly 'start-user-link': {
    readonly argument: {
      readonly near: string
      readonly far: string
      readonly path: PathSpec
      readonly seed: number
    }
    readonly result: null
  }
  readonly 'reset-user-link': { readonly argument: { readonly seed: number }; readonly result: null }
  readonly 'user-link-counters': { readonly argument: null; readonly result: LinkCounters }
  readonly listen: { readonly argument: readonly ListenSpec[]; readonly result: null }
  /** Close everything that {@link HostCalls.listen} opened; the bytes that arrived. */
  readonly 'stop-listening': { readonly argument: null; readonly result: number }
  readonly send: { readonly argument: SendSpec; readonly result: readonly FlowTrace[] }
}

/** The name of a call. */
export type HostCallName = keyof HostCalls

/** Parent to process. */
export interface HostRequest {
  readonly id: number
  readonly call: HostCallName
  readonly argument: unknown
}

/** Process to parent: `ready` once, then one answer for each request. */
export type HostReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | {
      readonly kind: 'error'
      /** -1: the process could not start. */
      readonly id: number
      readonly code: string
      readonly message: string
      readonly context: unknown
    }
