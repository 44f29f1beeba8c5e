import { NO_PACKET, type Packets } from '../packet-pool.ts'
import { type Fifo, mark, type QueueObserver, removeFirst } from './queue.ts'

/** CoDel's parameters, ns. */
export interface CodelParameters {
  readonly target: number
  readonly interval: number
  /** Bytes that may always stand. */
  readonly mtu: number
}

/** State of CoDel on one queue (RFC 8289, section 5.2). Times in ns. */
export interface Codel {
  /** When the delay will have been above the target for an interval; 0: it is below. */
  firstAbove: number
  dropNext: number
  count: number
  lastCount: number
  dropping: boolean
}

export const createCodel = (): Codel => ({ firstAbove: 0, dropNext: 0, count: 0, lastCount: 0, dropping: false })

/** Has the delay been above the target for an interval (section 5.4)? */
function okToDrop(
  codel: Codel,
  fifo: Fifo,
  sojourn: number,
  now: number,
  { target, interval, mtu }: CodelParameters,
): boolean {
  if (sojourn < target || fifo.bytes <= mtu) {
    codel.firstAbove = 0
    return false
  }
  if (codel.firstAbove === 0) {
    codel.firstAbove = now + interval
    return false
  }
  return now >= codel.firstAbove
}

/** Take the next packet out, dropping (or marking) before it as the control law says (section 5.5). */
export function codelTake(
  packets: Packets,
  fifo: Fifo,
  codel: Codel,
  now: number,
  parameters: CodelParameters,
  observer: QueueObserver,
): number {
  const controlLaw = (from: number): number => from + parameters.interval / Math.sqrt(codel.count)
  const sojourn = (packet: number): number => now - (packets.columns.queuedAt[packet] ?? 0)
  const ok = (packet: number): boolean =>
    packet !== NO_PACKET && okToDrop(codel, fifo, sojourn(packet), now, parameters)
  let packet = removeFirst(packets, fifo)
  if (packet === NO_PACKET) {
    codel.firstAbove = 0
    codel.dropping = false
    return NO_PACKET
  }
  let drop = ok(packet)
  if (codel.dropping) {
    if (!drop) codel.dropping = false
    while (codel.dropping && now >= codel.dropNext) {
      codel.count += 1
      if (mark(packets, packet, observer)) {
        codel.dropNext = controlLaw(codel.dropNext)
        return packet
      }
      observer.dropped(packet)
      packet = removeFirst(packets, fifo)
      drop = ok(packet)
      if (drop) codel.dropNext = controlLaw(codel.dropNext)
      else codel.dropping = false
    }
    return packet
  }
  if (!drop) return packet
  const marked = mark(packets, packet, observer)
  if (!marked) {
    observer.dropped(packet)
    packet = removeFirst(packets, fifo)
    ok(packet)
  }
  codel.dropping = true
  // Section 5.5: a queue that was bad a short while ago begins near the rate of then.
  const delta = codel.count - codel.lastCount
  codel.count = delta > 1 && now - codel.dropNext < 16 * parameters.interval ? delta : 1
  codel.dropNext = controlLaw(now)
  codel.lastCount = codel.count
  return packet
}
