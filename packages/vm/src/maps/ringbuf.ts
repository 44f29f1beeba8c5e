import type { Memory, Region } from '../memory/memory.ts'
import type { MapMethods } from './array.ts'
import { EINVAL, type MapSpec } from './map.ts'

/** BPF_RINGBUF_HDR_SZ */
const HEADER = 8

interface Record {
  readonly room: number
  region: Region | undefined
  content: Uint8Array | undefined
}

/**
 * BPF_MAP_TYPE_RINGBUF: records in the order in which they were reserved, each with a header of 8 bytes and rounded to 8, in
 * `maxEntries` bytes. The host takes them with `drain`; one that is still reserved holds up those behind it.
 */
export function ringBuffer(memory: Memory, spec: MapSpec): MapMethods {
  const records: Record[] = []
  const reserved = new Map<number, Record>()
  let [consumer, producer] = [0, 0]

  return {
    lookup: () => 0,
    update: () => EINVAL,
    delete: () => EINVAL,
    keys: () => [],
    get: () => undefined,
    reserve(size) {
      const room = Math.ceil((size + HEADER) / 8) * 8
      if (producer - consumer + room > spec.maxEntries) return 0
      const region = memory.allocate({ name: `record of ${spec.name}`, size })
      const record: Record = { room, region, content: undefined }
      producer += room
      records.push(record)
      reserved.set(region.address, record)
      return region.address
    },
    commit(address, discard) {
      const record = reserved.get(address)
      if (record?.region === undefined) return false
      reserved.delete(address)
      record.content = discard ? undefined : record.region.bytes.slice()
      record.region.close()
      record.region = undefined
      return true
    },
    query: (what) =>
      what === 'size'
        ? spec.maxEntries
        : what === 'consumer'
          ? consumer
          : what === 'producer'
            ? producer
            : producer - consumer,
    drain() {
      const done: Uint8Array[] = []
      for (let first = records[0]; first !== undefined && first.region === undefined; first = records[0]) {
        records.shift()
        consumer += first.room
        if (first.content !== undefined) done.push(first.content)
      }
      return done
    },
  }
}
