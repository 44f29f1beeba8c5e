import type { PathSpec } from '@tscc/experiment'

/** How the bottleneck queues. */
export type QueueKind = 'droptail' | 'codel' | 'fq' | 'fq-codel'

/** The path of a simulation: that of the lab, and what only a simulator has. Rates in bit/s, times in ms, sizes in bytes. */
export interface SimPath extends PathSpec {
  /** Mean length of a run of losses, packets (Gilbert's model); absent or 1: losses are independent. */
  readonly lossBurst?: number
  /** Delays vary by up to this much more, each way, order kept; ms. */
  readonly jitter?: number
  /** Share of data packets that are late by `reorderDelay`, 0..1. */
  readonly reorder?: number
  /** ms; default: a fifth of the delay, at least 1 ms. */
  readonly reorderDelay?: number
  /** Default `droptail`. */
  readonly queue?: QueueKind
  /** CoDel's target and interval, ms (RFC 8289: 5 and 100). */
  readonly codelTarget?: number
  readonly codelInterval?: number
  /**
   * Bytes that an idle line takes at once, as the kernel's tbf does, and what is on the line takes no room in the buffer.
   * Absent: a line that sends bit by bit, and a packet takes room until its last.
   */
  readonly burst?: number
  /** Opportunities to send 1504 bytes, ms, ascending; they repeat after the last (mahimahi). In place of the rate. */
  readonly trace?: readonly number[]
}

/** Bytes of an Ethernet header: frames are what lines and buffers count, as in the lab. */
export const FRAME_HEADER = 14
/** Bytes of the headers of IPv4 and of TCP with time stamps. */
export const HEADERS = 52
