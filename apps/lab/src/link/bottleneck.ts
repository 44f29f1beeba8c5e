import type { LinkCounters } from '@tscc/experiment'
import { seededRandom } from '@tscc/experiment'

/** What makes a bottleneck: rate in bit/s, buffer and threshold in bytes, loss 0..1. */
export interface BottleneckSpec {
  readonly rate: number
  readonly buffer: number
  readonly loss: number
  readonly ecnThreshold?: number
  readonly seed: number
}

/** What becomes of a packet: gone, or leaving at `departure` (ms), perhaps with its CE mark set. */
export interface Verdict {
  dropped: boolean
  mark: boolean
  departure: number
}

/**
 * A drop-tail queue in front of a line, in virtual time: nothing here waits, and no clock is read.
 *
 * A packet occupies the queue from its arrival until its last bit is on the line, and an idle line takes any packet.
 * Sizes are frame bytes (IP packet and 14 of Ethernet), as the kernel's tbf and bfifo count them.
 */
export interface Bottleneck {
  /** Offer a frame that arrived at `now` (ms, never less than before). The result is overwritten by the next call. */
  offer(now: number, bytes: number, packet: { readonly data: boolean; readonly ecnCapable: boolean }): Readonly<Verdict>
  counters(): LinkCounters
  /** Bytes queued at `now`, ms. */
  queued(now: number): number
}

/** Make an empty bottleneck; the same offers give the same verdicts. */
export function createBottleneck(spec: BottleneckSpec): Bottleneck {
  const random = seededRandom(spec.seed)
  const msPerByte = 8000 / spec.rate
  // The queue is a ring of sizes; the time at which each leaves follows from the line's end of work.
  let sizes = new Float64Array(1024)
  let departures = new Float64Array(1024)
  let head = 0
  let count = 0
  let queuedBytes = 0
  let idleFrom = Number.NEGATIVE_INFINITY
  const counters = { forwarded: 0, droppedFull: 0, droppedRandom: 0, markedCe: 0, maxQueue: 0 }
  const verdict: Verdict = { dropped: false, mark: false, departure: 0 }

  const release = (now: number): void => {
    while (count > 0 && (departures[head] ?? 0) <= now) {
      queuedBytes -= sizes[head] ?? 0
      head = (head + 1) & (sizes.length - 1)
      count -= 1
    }
  }
  const grow = (): void => {
    const order = Array.from({ length: count }, (_, i) => (head + i) & (sizes.length - 1))
    const moved = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(from.length * 2)
      for (const [i, at] of order.entries()) to[i] = from[at] ?? 0
      return to
    }
    const grownSizes = moved(sizes)
    departures = moved(departures)
    sizes = grownSizes
    head = 0
  }
  const drop = (): Verdict => {
    verdict.dropped = true
    return verdict
  }

  return {
    offer(now, bytes, packet) {
      release(now)
      verdict.mark = false
      if (packet.data && spec.loss > 0 && random() < spec.loss) {
        counters.droppedRandom += 1
        return drop()
      }
      if (count > 0 && queuedBytes + bytes > spec.buffer) {
        counters.droppedFull += 1
        return drop()
      }
      if (spec.ecnThreshold !== undefined && packet.ecnCapable && queuedBytes > spec.ecnThreshold) {
        counters.markedCe += 1
        verdict.mark = true
      }
      idleFrom = Math.max(now, idleFrom) + bytes * msPerByte
      if (count === sizes.length) grow()
      const tail = (head + count) & (sizes.length - 1)
      sizes[tail] = bytes
      departures[tail] = idleFrom
      count += 1
      queuedBytes += bytes
      counters.forwarded += 1
      counters.maxQueue = Math.max(counters.maxQueue, queuedBytes)
      verdict.dropped = false
      verdict.departure = idleFrom
      return verdict
    },
    counters: () => ({ ...counters }),
    queued(now) {
      release(now)
      return queuedBytes
    },
  }
}
