/** Bits of a packet's flags. */
export const ACK_PACKET = 1
export const ECT = 2
export const CE = 4
export const CWR = 8
export const ECE = 16
export const DSACK = 32
export const PSH = 64

/** No packet. */
export const NO_PACKET = -1

/** SACK edges of a packet. */
const EDGES = 8

/** Packets under way, columns of typed arrays; a packet is its index, and free ones are used again. */
export interface PacketPool {
  readonly flow: Int32Array
  /** Data: the segment. Acknowledgement: the next one wanted. */
  readonly segment: Float64Array
  /** Bytes of the frame. */
  readonly bytes: Int32Array
  readonly flags: Int32Array
  /** Time stamp (data) or echo (acknowledgement), ms. */
  readonly stamp: Float64Array
  /** When the queue took it, ns. */
  readonly queuedAt: Float64Array
  readonly sackCount: Uint8Array
  readonly sackEdges: Float64Array
  /** Link to the next packet of a queue. */
  readonly next: Int32Array
}

/** A pool that grows. `columns` are replaced when it does, so read them through the pool each time. */
export interface Packets {
  columns: PacketPool
  take(): number
  release(packet: number): void
  readonly used: number
}

const FIRST_CAPACITY = 256

export function createPackets(): Packets {
  let free = new Int32Array(FIRST_CAPACITY)
  let freeCount = 0
  let used = 0
  const make = (capacity: number): PacketPool => ({
    flow: new Int32Array(capacity),
    segment: new Float64Array(capacity),
    bytes: new Int32Array(capacity),
    flags: new Int32Array(capacity),
    stamp: new Float64Array(capacity),
    queuedAt: new Float64Array(capacity),
    sackCount: new Uint8Array(capacity),
    sackEdges: new Float64Array(capacity * EDGES),
    next: new Int32Array(capacity).fill(NO_PACKET),
  })
  const offerFree = (from: number, to: number): void => {
    for (let packet = to - 1; packet >= from; packet--) free[freeCount++] = packet
  }
  const packets: Packets = {
    columns: make(FIRST_CAPACITY),
    get used() {
      return used
    },
    take() {
      if (freeCount === 0) grow()
      used += 1
      freeCount -= 1
      return free[freeCount] ?? 0
    },
    release(packet) {
      used -= 1
      free[freeCount++] = packet
    },
  }
  const grow = (): void => {
    const before = packets.columns
    const capacity = before.flow.length * 2
    const after = make(capacity)
    after.flow.set(before.flow)
    after.segment.set(before.segment)
    after.bytes.set(before.bytes)
    after.flags.set(before.flags)
    after.stamp.set(before.stamp)
    after.queuedAt.set(before.queuedAt)
    after.sackCount.set(before.sackCount)
    after.sackEdges.set(before.sackEdges)
    after.next.set(before.next)
    packets.columns = after
    free = new Int32Array(capacity)
    offerFree(before.flow.length, capacity)
  }
  offerFree(0, FIRST_CAPACITY)
  return packets
}
