import { CE, ECT, NO_PACKET, type Packets } from '../packet-pool.ts'

/** What a queue is told of its packets' fates, and what it counts. */
export interface QueueObserver {
  dropped(packet: number): void
  marked(packet: number): void
}

/** A queue in front of the bottleneck. Times in ns. */
export interface Queue {
  /** A packet arrives; `onLine`: bytes being sent, which take room too. */
  offer(packet: number, now: number, onLine: number): void
  /** The packet to be sent next, taken out; NO_PACKET where there is none. */
  take(now: number): number
  readonly packets: number
  readonly bytes: number
  /** Bytes of the packet that would be sent next; 0 where there is none. Only drop-tail queues tell. */
  readonly firstBytes: number
}

/** Packets in order of arrival, linked through the pool. */
export interface Fifo {
  head: number
  tail: number
  packets: number
  bytes: number
}

export const createFifo = (): Fifo => ({ head: NO_PACKET, tail: NO_PACKET, packets: 0, bytes: 0 })

export function append({ columns }: Packets, fifo: Fifo, packet: number): void {
  columns.next[packet] = NO_PACKET
  if (fifo.tail === NO_PACKET) fifo.head = packet
  else columns.next[fifo.tail] = packet
  fifo.tail = packet
  fifo.packets += 1
  fifo.bytes += columns.bytes[packet] ?? 0
}

export function removeFirst({ columns }: Packets, fifo: Fifo): number {
  const packet = fifo.head
  if (packet === NO_PACKET) return NO_PACKET
  fifo.head = columns.next[packet] ?? NO_PACKET
  if (fifo.head === NO_PACKET) fifo.tail = NO_PACKET
  fifo.packets -= 1
  fifo.bytes -= columns.bytes[packet] ?? 0
  return packet
}

/** Mark a packet if it may be marked. */
export function mark({ columns }: Packets, packet: number, observer: QueueObserver): boolean {
  const flags = columns.flags[packet] ?? 0
  if ((flags & ECT) === 0) return false
  if ((flags & CE) === 0) {
    columns.flags[packet] = flags | CE
    observer.marked(packet)
  }
  return true
}

/** First in, first out; drops what has no room, marks what finds more than a threshold. An empty queue takes any packet. */
export function createDropTail(
  packets: Packets,
  { buffer, ecnThreshold }: { readonly buffer: number; readonly ecnThreshold?: number },
  observer: QueueObserver,
): Queue {
  const fifo = createFifo()
  return {
    get packets() {
      return fifo.packets
    },
    get bytes() {
      return fifo.bytes
    },
    get firstBytes() {
      return fifo.head === NO_PACKET ? 0 : (packets.columns.bytes[fifo.head] ?? 0)
    },
    offer(packet, now, onLine) {
      const { columns } = packets
      const queued = fifo.bytes + onLine
      if (queued > 0 && queued + (columns.bytes[packet] ?? 0) > buffer) {
        observer.dropped(packet)
        return
      }
      if (ecnThreshold !== undefined && queued > ecnThreshold) mark(packets, packet, observer)
      columns.queuedAt[packet] = now
      append(packets, fifo, packet)
    },
    take: () => removeFirst(packets, fifo),
  }
}
