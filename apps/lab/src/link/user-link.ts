import type { LinkCounters, PathSpec } from '@tscc/experiment'
import { labErrors } from '../lab-errors.ts'
import { type Bottleneck, createBottleneck } from './bottleneck.ts'
import { createDelayLine, type DelayLine } from './delay-line.ts'
import { ETHERNET, type FrameFacts, inspectFrame, markCe } from './frame.ts'
import {
  createRealClock,
  createWait,
  openPacketSocket,
  type PacketSocket,
  type ReceivedFrame,
} from './packet-socket.ts'

/** The longest wait for packets before the event loop gets a turn, ms. */
const SLICE = 10
/** A timestamp older than this is not believed (the clock was set), ms. */
const OLDEST = 1000

/** A running user-space link between two devices. */
export interface UserLink {
  /** Empty the path and start the counters and the random losses afresh. */
  reset(seed: number): void
  counters(): LinkCounters
  stop(): void
}

/**
 * Forward frames between two devices of this namespace: from `near` to `far` through the bottleneck and the delay,
 * back through the delay alone.
 *
 * Every frame's departure follows from the kernel's timestamp of its arrival, in virtual time, so that a late
 * wake-up delays the frame it hits and nothing else.
 */
export function startUserLink(near: string, far: string, path: PathSpec, seed: number): UserLink {
  const maxFrame = path.mtu + ETHERNET + 4
  const nearSocket = openPacketSocket(near, maxFrame)
  const farSocket = openPacketSocket(far, maxFrame)
  const forward = createDelayLine(maxFrame)
  const backward = createDelayLine(maxFrame)
  const makeBottleneck = (withSeed: number): Bottleneck =>
    createBottleneck({
      rate: path.rate,
      buffer: path.buffer,
      loss: path.loss,
      seed: withSeed,
      ...(path.ecnThreshold === undefined ? {} : { ecnThreshold: path.ecnThreshold }),
    })
  let bottleneck = makeBottleneck(seed)
  let running = true
  const wait = createWait([nearSocket.fd, farSocket.fd])
  const realClock = createRealClock()
  const frame: ReceivedFrame = { offset: 0, length: 0, realTime: 0 }
  const facts: FrameFacts = { ip: false, data: false, ecnCapable: false }
  const last = { near: 0, far: 0 }

  /** Frames that arrived, by arrival time on this process's monotonic clock. */
  const takeIn = (): void => {
    const now = performance.now()
    const real = realClock()
    const arrival = (): number => {
      const age = real - frame.realTime
      return age >= 0 && age < OLDEST ? now - age : now
    }
    while (nearSocket.receive(frame)) {
      // Two timestamps may come out of order by the reading of two clocks: a queue's time never runs back.
      last.near = Math.max(last.near, arrival())
      inspectFrame(nearSocket.memory, frame.offset, frame.length, facts)
      if (!facts.ip) forward.push(nearSocket.memory, frame.offset, frame.length, last.near + path.delay)
      else {
        const verdict = bottleneck.offer(last.near, frame.length, facts)
        if (!verdict.dropped) {
          if (verdict.mark) markCe(nearSocket.memory, frame.offset)
          forward.push(nearSocket.memory, frame.offset, frame.length, verdict.departure + path.delay)
        }
      }
      nearSocket.release()
    }
    while (farSocket.receive(frame)) {
      last.far = Math.max(last.far, arrival())
      backward.push(farSocket.memory, frame.offset, frame.length, last.far + path.delay)
      farSocket.release()
    }
  }

  const turn = (): void => {
    if (!running) return
    const sliceEnd = performance.now() + SLICE
    for (;;) {
      takeIn()
      sendDue(forward, farSocket)
      sendDue(backward, nearSocket)
      const now = performance.now()
      if (now >= sliceEnd) break
      const until = Math.min(forward.nextDue, backward.nextDue, sliceEnd)
      if (until > now) wait(until - now)
    }
    setImmediate(turn)
  }
  setImmediate(turn)

  return {
    reset(withSeed) {
      forward.clear()
      backward.clear()
      bottleneck = makeBottleneck(withSeed)
    },
    counters() {
      const frames = nearSocket.unfinishedChecksums + farSocket.unfinishedChecksums
      if (frames > 0) throw labErrors.make('checksum', { frames })
      return bottleneck.counters()
    },
    stop() {
      running = false
      nearSocket.close()
      farSocket.close()
    },
  }
}

/** Send what is due. A device that refuses a frame (its queue is full) loses it, as a wire would. */
function sendDue(line: DelayLine, socket: PacketSocket): void {
  while (line.nextDue <= performance.now()) {
    socket.send(line.headAddress(), line.headLength())
    line.pop()
  }
}
