import { NO_PACKET, type Packets } from '../packet-pool.ts'
import { type Codel, type CodelParameters, codelTake, createCodel } from './codel.ts'
import { append, createFifo, type Fifo, mark, type Queue, type QueueObserver, removeFirst } from './queue.ts'

interface FlowQueue {
  readonly fifo: Fifo
  readonly codel: Codel
  /** Bytes it may still send in its turn. */
  deficit: number
  listed: 'no' | 'new' | 'old'
}

/** Buffer and threshold in bytes; `codel` where each flow's queue is controlled by it. */
export interface FairQueueSpec {
  readonly buffer: number
  readonly ecnThreshold?: number
  /** Bytes of a turn. */
  readonly quantum: number
  readonly codel?: CodelParameters
}

/**
 * A queue for each flow, by turns of a quantum, new flows first (RFC 8290, section 4, without its hashing: no two flows
 * share a queue). A full buffer takes its packet from the head of the longest queue.
 */
export function createFairQueue(packets: Packets, spec: FairQueueSpec, observer: QueueObserver): Queue {
  const flows: FlowQueue[] = []
  const newFlows: number[] = []
  const oldFlows: number[] = []
  const total = { packets: 0, bytes: 0 }
  const sizeOf = (packet: number): number => packets.columns.bytes[packet] ?? 0
  const gone: QueueObserver = {
    marked: observer.marked,
    dropped(packet) {
      total.packets -= 1
      total.bytes -= sizeOf(packet)
      observer.dropped(packet)
    },
  }
  const flowOf = (packet: number): FlowQueue => {
    const id = packets.columns.flow[packet] ?? 0
    while (flows.length <= id) flows.push({ fifo: createFifo(), codel: createCodel(), deficit: 0, listed: 'no' })
    return flows[id] as FlowQueue // made above
  }
  const makeRoom = (): void => {
    let longest: FlowQueue | undefined
    for (const flow of flows) if (flow.fifo.bytes > (longest?.fifo.bytes ?? 0)) longest = flow
    if (longest === undefined) return
    const packet = removeFirst(packets, longest.fifo)
    if (packet !== NO_PACKET) gone.dropped(packet)
  }
  const takeFrom = (flow: FlowQueue, now: number): number =>
    spec.codel === undefined
      ? removeFirst(packets, flow.fifo)
      : codelTake(packets, flow.fifo, flow.codel, now, spec.codel, gone)

  return {
    get packets() {
      return total.packets
    },
    get bytes() {
      return total.bytes
    },
    firstBytes: 0,
    offer(packet, now, onLine) {
      const flow = flowOf(packet)
      if (spec.ecnThreshold !== undefined && flow.fifo.bytes > spec.ecnThreshold) mark(packets, packet, observer)
      packets.columns.queuedAt[packet] = now
      append(packets, flow.fifo, packet)
      total.packets += 1
      total.bytes += sizeOf(packet)
      if (flow.listed === 'no') {
        flow.listed = 'new'
        flow.deficit = spec.quantum
        newFlows.push(packets.columns.flow[packet] ?? 0)
      }
      while (total.bytes + onLine > spec.buffer && total.packets > 1) makeRoom()
    },
    take(now) {
      for (;;) {
        const list = newFlows.length > 0 ? newFlows : oldFlows
        const id = list[0]
        if (id === undefined) return NO_PACKET
        const flow = flows[id] as FlowQueue // listed flows exist
        if (flow.deficit <= 0) {
          flow.deficit += spec.quantum
          list.shift()
          oldFlows.push(id)
          flow.listed = 'old'
          continue
        }
        const packet = takeFrom(flow, now)
        if (packet !== NO_PACKET) {
          flow.deficit -= sizeOf(packet)
          total.packets -= 1
          total.bytes -= sizeOf(packet)
          return packet
        }
        list.shift()
        // A new flow that is empty goes once around, so that it cannot stay new.
        if (flow.listed === 'new' && oldFlows.length > 0) {
          oldFlows.push(id)
          flow.listed = 'old'
        } else flow.listed = 'no'
      }
    },
  }
}
