import { NO_PACKET, type Packets } from '../packet-pool.ts'
import { createCodelQueue } from './codel-queue.ts'
import { createFairQueue } from './fair-queue.ts'
import { createLine } from './line.ts'
import { FRAME_HEADER, type SimPath } from './path-spec.ts'
import { createDropTail, type Queue, type QueueObserver } from './queue.ts'

/** What a bottleneck has done. */
export interface BottleneckCounters {
  forwarded: number
  droppedFull: number
  droppedRandom: number
  markedCe: number
  /** Largest queue, bytes. */
  maxQueue: number
  /** Sum of the time that forwarded packets waited, without their own sending, ns. */
  waited: number
  bytes: number
}

/** Queue and line. Times in ns. */
export interface Bottleneck {
  readonly counters: BottleneckCounters
  /** Bytes that wait or are being sent. */
  queuedBytes(): number
  queuedPackets(): number
  /** A packet arrives. Gives the time at which `finish` is to be called, if a packet has begun to leave; else infinite. */
  offer(packet: number, now: number): number
  /** The time has come: gives the packet that has left, and in `nextFinish` when to call again (infinite: not). */
  finish(now: number): number
  nextFinish: number
}

function createQueue(path: SimPath, packets: Packets, observer: QueueObserver): Queue {
  const { buffer, ecnThreshold, queue = 'droptail', mtu, codelTarget = 5, codelInterval = 100 } = path
  const room = { buffer, ...(ecnThreshold === undefined ? {} : { ecnThreshold }) }
  const codel = { target: codelTarget * 1e6, interval: codelInterval * 1e6, mtu: mtu + FRAME_HEADER }
  switch (queue) {
    case 'droptail':
      return createDropTail(packets, room, observer)
    case 'codel':
      return createCodelQueue(packets, { ...room, codel }, observer)
    case 'fq':
      return createFairQueue(packets, { ...room, quantum: mtu + FRAME_HEADER }, observer)
    case 'fq-codel':
      return createFairQueue(packets, { ...room, quantum: mtu + FRAME_HEADER, codel }, observer)
    default:
      return queue satisfies never
  }
}

/** An empty bottleneck. Packets that it drops go back to the pool. */
export function createBottleneck(path: SimPath, packets: Packets): Bottleneck {
  const counters: BottleneckCounters = {
    forwarded: 0,
    droppedFull: 0,
    droppedRandom: 0,
    markedCe: 0,
    maxQueue: 0,
    waited: 0,
    bytes: 0,
  }
  const queue = createQueue(path, packets, {
    dropped(packet) {
      counters.droppedFull += 1
      packets.release(packet)
    },
    marked() {
      counters.markedCe += 1
    },
  })
  const line = createLine(path)
  let leaving = NO_PACKET
  let lineBytes = 0

  const begin = (now: number): number => {
    leaving = queue.take(now)
    if (leaving === NO_PACKET) return Number.POSITIVE_INFINITY
    const bytes = packets.columns.bytes[leaving] ?? 0
    lineBytes = bytes
    const end = line.send(now, bytes)
    const since = packets.columns.queuedAt[leaving] ?? 0
    counters.waited += (line.holds && path.trace === undefined ? now : end) - since
    return end
  }

  const bottleneck: Bottleneck = {
    counters,
    nextFinish: Number.POSITIVE_INFINITY,
    queuedBytes: () => queue.bytes + lineBytes,
    queuedPackets: () => queue.packets + (leaving === NO_PACKET ? 0 : 1),
    offer(packet, now) {
      queue.offer(packet, now, lineBytes)
      counters.maxQueue = Math.max(counters.maxQueue, queue.bytes + lineBytes)
      return leaving === NO_PACKET ? begin(now) : Number.POSITIVE_INFINITY
    },
    finish(now) {
      const packet = leaving
      counters.forwarded += 1
      counters.bytes += packets.columns.bytes[packet] ?? 0
      leaving = NO_PACKET
      lineBytes = 0
      bottleneck.nextFinish = begin(now)
      return packet
    },
  }
  return bottleneck
}
