import type { Packets } from '../packet-pool.ts'
import { type CodelParameters, codelTake, createCodel } from './codel.ts'
import { append, createFifo, mark, type Queue, type QueueObserver } from './queue.ts'

/** One queue under CoDel (RFC 8289), of a limited buffer. */
export function createCodelQueue(
  packets: Packets,
  spec: { readonly buffer: number; readonly ecnThreshold?: number; readonly codel: CodelParameters },
  observer: QueueObserver,
): Queue {
  const fifo = createFifo()
  const codel = createCodel()
  return {
    get packets() {
      return fifo.packets
    },
    get bytes() {
      return fifo.bytes
    },
    firstBytes: 0,
    offer(packet, now, onLine) {
      const queued = fifo.bytes + onLine
      if (queued > 0 && queued + (packets.columns.bytes[packet] ?? 0) > spec.buffer) {
        observer.dropped(packet)
        return
      }
      if (spec.ecnThreshold !== undefined && queued > spec.ecnThreshold) mark(packets, packet, observer)
      packets.columns.queuedAt[packet] = now
      append(packets, fifo, packet)
    },
    take: (now) => codelTake(packets, fifo, codel, now, spec.codel, observer),
  }
}
