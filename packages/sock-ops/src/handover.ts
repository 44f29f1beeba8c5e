import type { AttachedSockOps, SockOps, SockOpsAttachOptions } from '@tscc/bpf'
import type { Kernel } from '@tscc/syscall'
import { addressText, addressWords, contextPort, parseAddress, wordsAddress } from './address.ts'
import { attachments } from './attachments.ts'
import { checkPort, checkRange, U32_MAX } from './checks.ts'
import { loadProgram } from './load-program.ts'

/** What a connection learned of its path. */
export interface HandoverState {
  /** The congestion window, bytes; 0 or absent leaves the initial window alone. */
  readonly cwndBytes?: number
  /**
   * The slow start threshold, bytes; 0 or absent leaves it alone. Linux sets threshold and clamp by one option
   * (TCP_BPF_SNDCWND_CLAMP): the window then stays below this for as long as the connection lives.
   */
  readonly ssthreshBytes?: number
  /** How long it is worth something, s. Default 30. */
  readonly expiresInSeconds?: number
  /** `once` (default): for the next connection, which uses it up. `always`: for all until it expires. */
  readonly use?: 'once' | 'always'
}

/** Where it goes, or comes from: the peer. */
export interface HandoverPeer {
  readonly address: string
  /** The peer's port; default: any, which one with a port goes before. */
  readonly port?: number
}

/** What is waiting for a connection. */
export interface HandoverEntry extends HandoverPeer {
  readonly cwndBytes: number
  readonly ssthreshBytes: number
  /** 0: it has expired, and will be removed by the connection that meets it. */
  readonly expiresInSeconds: number
  readonly use: 'once' | 'always'
}

/** How often it came to what, since loading. */
export interface HandoverCounts {
  readonly applied: number
  /** Found too late. */
  readonly expired: number
  /** The kernel refused the window or the threshold. */
  readonly refused: number
}

/** Windows for TCP connections that take the place of QUIC ones. */
export interface Handover {
  /** Give the connections of a cgroup what is known. */
  attach(options: SockOpsAttachOptions): AttachedSockOps
  /** What the next connection with this peer begins with. The least recently used of 16384 goes for a new one. */
  handover(state: HandoverState, who: HandoverPeer): void
  /** Take it back; false where there was nothing. */
  forget(who: HandoverPeer): boolean
  entries(): readonly HandoverEntry[]
  readonly counts: HandoverCounts
  /** What is attached goes, unless pinned. */
  close(): void
  [Symbol.dispose](): void
}

interface Key {
  readonly address: readonly number[]
  readonly port: number
}

interface Value {
  readonly expires: bigint | number
  readonly cwnd_bytes: number
  readonly ssthresh_bytes: number
  readonly keep: number
}

interface Exports {
  readonly handover: SockOps
  readonly handovers: {
    set(key: Key, value: Value): void
    delete(key: Key): number
    entries(): Iterable<readonly [Key, Value]>
  }
  readonly counts: { readonly value: HandoverCounts }
}

const DEFAULT_SECONDS = 30
const NANOSECONDS = 1_000_000_000

/** CLOCK_MONOTONIC, which programs have as bpf_ktime_get_ns(). */
export type MonotonicClock = () => bigint

/** Load the handover program. */
export function createHandover(options: { readonly kernel?: Kernel; readonly now?: MonotonicClock } = {}): Handover {
  const { kernel, now = () => process.hrtime.bigint() } = options
  const live = loadProgram('handover', kernel)
  const exports = live.exports as unknown as Exports // as the file declares them
  const { attach, close } = attachments(exports.handover, live)
  return {
    attach,
    handover(state, who) {
      const bytes = (field: keyof HandoverState & `${string}Bytes`): number =>
        checkRange(field, state[field] ?? 0, { min: 0, max: U32_MAX, unit: 'bytes' })
      const seconds = state.expiresInSeconds ?? DEFAULT_SECONDS
      if (!(seconds >= 0)) checkRange('expiresInSeconds', seconds, { min: 0, max: MOST_SECONDS, unit: 's' })
      const life = BigInt(Math.ceil(Math.min(seconds, MOST_SECONDS) * NANOSECONDS))
      exports.handovers.set(keyOf(who), {
        expires: now() + life,
        cwnd_bytes: bytes('cwndBytes'),
        ssthresh_bytes: bytes('ssthreshBytes'),
        keep: state.use === 'always' ? 1 : 0,
      })
    },
    forget: (who) => exports.handovers.delete(keyOf(who)) === 0,
    entries: () =>
      [...exports.handovers.entries()].map(([{ address, port }, value]): HandoverEntry => {
        const left = Number(BigInt(value.expires) - now()) / NANOSECONDS
        return {
          address: addressText(wordsAddress(address)),
          ...(port === 0 ? {} : { port: contextPort(port >>> 16) >>> 16 }),
          cwndBytes: value.cwnd_bytes,
          ssthreshBytes: value.ssthresh_bytes,
          expiresInSeconds: Math.max(0, left),
          use: value.keep === 0 ? 'once' : 'always',
        }
      }),
    get counts() {
      const { applied, expired, refused } = exports.counts.value
      return { applied, expired, refused }
    },
    close,
    [Symbol.dispose]: close,
  }
}

/** A year: longer than any path stays as it was. */
const MOST_SECONDS = 365 * 24 * 3600

function keyOf({ address, port }: HandoverPeer): Key {
  return {
    address: addressWords(parseAddress(address)),
    port: port === undefined ? 0 : contextPort(checkPort('port', port)),
  }
}
