import { bpfMapTypes } from './bpf-types.ts'
import type { BpfMap } from './map.ts'
import { syscallErrors } from './syscall-errors.ts'

/** Reads what programs put into a ring buffer, in its order. */
export interface RingBufferReader {
  /** The records that have come since the last time, copied; those that a program still writes end it. */
  drain(): readonly Uint8Array[]
  close(): void
  [Symbol.dispose](): void
}

const PAGE = 4096
/** Header of a record: length with two flags at the top, then the page offset. */
const HEADER = 8
const BUSY = 1 << 31
const DISCARD = 1 << 30

/**
 * Map a ring buffer (5.8): a page with the consumer's position, which is ours to write; a page with the producer's; then the
 * data, mapped twice, so that no record is broken at the end.
 */
export function ringBufferReader(map: BpfMap): RingBufferReader {
  if (map.type !== bpfMapTypes.BPF_MAP_TYPE_RINGBUF)
    throw syscallErrors.make('not-mappable', { map: map.name, type: map.type, flags: map.flags })
  const size = map.maxEntries
  const consumer = map.kernel.mapMemory(map.fd, { length: PAGE, shared: true, writable: true })
  const producer = map.kernel.mapMemory(map.fd, { length: PAGE + 2 * size, offset: PAGE, shared: true })
  // Both positions are one aligned word, read and written at once; Atomics order them against the records.
  const consumed = new BigUint64Array(consumer.bytes.buffer, consumer.bytes.byteOffset, 1)
  const produced = new BigUint64Array(producer.bytes.buffer, producer.bytes.byteOffset, 1)
  const data = new DataView(producer.bytes.buffer, producer.bytes.byteOffset + PAGE, 2 * size)
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    consumer.close()
    producer.close()
  }
  return {
    drain() {
      if (!open) return []
      const records: Uint8Array[] = []
      let at = Atomics.load(consumed, 0)
      for (const end = Atomics.load(produced, 0); at < end; ) {
        const offset = Number(at % BigInt(size))
        const length = data.getInt32(offset, true)
        if ((length & BUSY) !== 0) break
        const bytes = length & ~(BUSY | DISCARD)
        if ((length & DISCARD) === 0) {
          const start = data.byteOffset + offset + HEADER
          records.push(new Uint8Array(data.buffer, start, bytes).slice())
        }
        at += BigInt(Math.ceil((bytes + HEADER) / 8) * 8)
        Atomics.store(consumed, 0, at)
      }
      return records
    },
    close,
    [Symbol.dispose]: close,
  }
}
