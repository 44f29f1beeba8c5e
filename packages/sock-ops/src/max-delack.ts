import type { AttachedSockOps, SockOps, SockOpsAttachOptions } from '@tscc/bpf'
import type { Kernel } from '@tscc/syscall'
import { attachments } from './attachments.ts'
import { checkRange } from './checks.ts'
import { loadProgram } from './load-program.ts'
import { tickMicroseconds } from './tick.ts'

/** What a peer said of itself. */
export interface MaxDelackPeer {
  /** The most that it delays an acknowledgement, ms. */
  readonly maxDelayMs: number
  /** How it came: in the handshake; `repeated` because of a SYN cookie; `repeating` while this end still does so. */
  readonly via: 'handshake' | 'repeated' | 'repeating'
}

/** How often it came to what, since loading. */
export interface MaxDelackCounts {
  /** Connections whose peer said it. */
  readonly told: number
  /** Connections that were asked to say it again. */
  readonly again: number
  /** The kernel refused a timeout. */
  readonly refused: number
}

/** Both ends tell how long they delay acknowledgements at most, and wait no longer before they send again. */
export interface MaxDelack {
  /** For connections and listeners of a cgroup; those that listen already are not reached. */
  attach(options: SockOpsAttachOptions): AttachedSockOps
  /** What the peer of a socket said; undefined where it said nothing. */
  peer(fd: number): MaxDelackPeer | undefined
  readonly counts: MaxDelackCounts
  /** What is attached goes, unless pinned. */
  close(): void
  [Symbol.dispose](): void
}

interface Exports {
  readonly delack: SockOps
  readonly own: { value: number }
  readonly least: { value: number }
  readonly peers: { get(fd: number): { readonly ms: number; readonly again: number } | undefined }
  readonly counts: { readonly value: MaxDelackCounts }
}

/** What the kernel itself delays at most, ms (TCP_DELACK_MAX). */
const LONGEST_MS = 200

/** Load the program; `ms` is what this end says of itself and keeps to: two ticks of the kernel to 200. */
export function createMaxDelack(options: { readonly ms: number; readonly kernel?: Kernel }): MaxDelack {
  const leastUs = 2 * tickMicroseconds()
  const ms = checkRange('ms', options.ms, { min: Math.ceil(leastUs / 1000), max: LONGEST_MS, unit: 'ms' })
  const live = loadProgram('max-delack', options.kernel)
  const exports = live.exports as unknown as Exports // as the file declares them
  exports.own.value = ms
  exports.least.value = Math.ceil(leastUs)
  const { attach, close } = attachments(exports.delack, live)
  return {
    attach,
    peer(fd) {
      const found = exports.peers.get(fd)
      if (found === undefined) return undefined
      return { maxDelayMs: found.ms, via: VIA[found.again] ?? 'handshake' }
    },
    get counts() {
      const { told, again, refused } = exports.counts.value
      return { told, again, refused }
    },
    close,
    [Symbol.dispose]: close,
  }
}

const VIA: Readonly<Record<number, MaxDelackPeer['via']>> = { 1: 'repeated', 2: 'repeating' }
