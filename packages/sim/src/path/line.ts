import type { SimPath } from './path-spec.ts'
import { FRAME_HEADER } from './path-spec.ts'

/** What sends packets at the bottleneck's rate. Times in ns. */
export interface Line {
  /**
   * When a packet of `bytes` that is first at `now` begins to leave, and when its last bit has: equal for lines that let
   * packets go as a whole. Takes the capacity.
   */
  send(now: number, bytes: number): number
  /** Does a packet take room in the buffer until it has left? */
  readonly holds: boolean
}

/** A line that sends bit by bit. */
function createSerialLine(rate: number): Line {
  const nsPerByte = 8e9 / rate
  return { holds: true, send: (now, bytes) => now + bytes * nsPerByte }
}

/** A token bucket of `burst` bytes: what it has tokens for leaves at once (the kernel's tbf). */
export function createBucketLine(rate: number, burst: number): Line {
  const nsPerByte = 8e9 / rate
  const depth = burst * nsPerByte
  // Tokens are counted as the time in which they are made; the bucket is full at the start.
  let tokens = depth
  let at = 0
  return {
    holds: false,
    send(now, bytes) {
      tokens = Math.min(depth, tokens + (now - at))
      const need = bytes * nsPerByte
      const time = tokens >= need ? now : now + (need - tokens)
      tokens = tokens + (time - now) - need
      at = time
      return time
    },
  }
}

/** Bytes of one opportunity of a mahimahi trace: a full packet and its tunnel header. */
const OPPORTUNITY = 1504

/** A line whose opportunities to send are given, ms; they repeat with the last as the period. Frame headers do not count. */
export function createTraceLine(trace: readonly number[]): Line {
  const period = trace.at(-1) ?? 1
  const timeOf = (index: number): number =>
    (Math.floor(index / trace.length) * period + (trace[index % trace.length] ?? 0)) * 1e6
  /** First opportunity not used up, and what is left of it. */
  let next = 0
  let left = OPPORTUNITY
  return {
    holds: true,
    send(now, bytes) {
      const rounds = Math.floor(now / (period * 1e6)) - 1
      if (next < rounds * trace.length) {
        next = rounds * trace.length
        left = OPPORTUNITY
      }
      while (timeOf(next) < now) {
        next += 1
        left = OPPORTUNITY
      }
      let rest = bytes - FRAME_HEADER
      for (;;) {
        const time = timeOf(next)
        const part = Math.min(rest, left)
        rest -= part
        left -= part
        if (left === 0) {
          next += 1
          left = OPPORTUNITY
        }
        if (rest <= 0) return Math.max(time, now)
      }
    },
  }
}

/** The line that a path describes. */
export function createLine(path: SimPath): Line {
  if (path.trace !== undefined) return createTraceLine(path.trace)
  return path.burst === undefined ? createSerialLine(path.rate) : createBucketLine(path.rate, path.burst)
}
