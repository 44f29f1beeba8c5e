import { nativeLittleEndian } from './attr.ts'
import { bpfError, callBpf, tryBpf } from './bpf-call.ts'
import { bpfCommands } from './commands.ts'
import { errnoNumber } from './errno.ts'
import type { BpfMap } from './map.ts'
import { syscallErrors } from './syscall-errors.ts'

/** Elements side by side: key `i` starts at `i * keySize`, value `i` at `i * bufferSize` of its map. */
export interface MapBatch {
  readonly count: number
  readonly keys: Uint8Array
  readonly values: Uint8Array
}

/** How many elements one call moves. */
export interface BatchOptions {
  readonly batchSize?: number
}

const ENOENT = errnoNumber('ENOENT')
const ENOSPC = errnoNumber('ENOSPC')
const countAt = bpfCommands.BPF_MAP_LOOKUP_BATCH.fields.count.at

/**
 * Every element, in batches (BPF_MAP_LOOKUP_BATCH, 5.6: about 135 ns an element).
 *
 * The arrays of a batch are views that the next step overwrites. Elements that come and go meanwhile may be missed.
 */
export function lookupBatches(map: BpfMap, options: BatchOptions = {}): Generator<MapBatch> {
  return batches(map, 'BPF_MAP_LOOKUP_BATCH', options)
}

/** {@link lookupBatches}, taking the elements out of a hash map (BPF_MAP_LOOKUP_AND_DELETE_BATCH). */
export function takeBatches(map: BpfMap, options: BatchOptions = {}): Generator<MapBatch> {
  return batches(map, 'BPF_MAP_LOOKUP_AND_DELETE_BATCH', options)
}

function* batches(
  map: BpfMap,
  command: 'BPF_MAP_LOOKUP_BATCH' | 'BPF_MAP_LOOKUP_AND_DELETE_BATCH',
  options: BatchOptions,
): Generator<MapBatch> {
  let capacity = Math.max(1, Math.min(options.batchSize ?? 1024, map.maxEntries))
  let room = allocate(map, capacity)
  // The position in the map is the kernel's affair: an index or a bucket, in at most a key's bytes.
  const position = new Uint8Array(Math.max(8, map.keySize))
  let started = false
  for (;;) {
    const { result, attr } = tryBpf(map.kernel, command, {
      in_batch: started ? position : undefined,
      out_batch: position,
      ...room,
      count: capacity,
      map_fd: map.fd,
    })
    if (result === -ENOSPC && capacity < 1 << 24) {
      // One bucket holds more than fits: the kernel moved nothing.
      capacity *= 2
      room = allocate(map, capacity)
      continue
    }
    if (result < 0 && result !== -ENOENT) throw bpfError(map.kernel, command, -result)
    started = true
    const count = attr.view.getUint32(countAt, nativeLittleEndian)
    if (count > 0 && count <= capacity)
      yield {
        count,
        keys: room.keys.subarray(0, count * map.keySize),
        values: room.values.subarray(0, count * map.bufferSize),
      }
    if (result === -ENOENT || count === 0) return
  }
}

interface Room {
  readonly keys: Uint8Array
  readonly values: Uint8Array
}

function allocate(map: BpfMap, capacity: number): Room {
  return { keys: new Uint8Array(capacity * map.keySize), values: new Uint8Array(capacity * map.bufferSize) }
}

/** BPF_MAP_UPDATE_BATCH: put elements that lie side by side; `flags` apply to each. */
export function updateBatch(map: BpfMap, keys: Uint8Array, values: Uint8Array, flags = 0): void {
  const count = batchCount(map, keys)
  if (values.length !== count * map.bufferSize)
    throw syscallErrors.make('size', {
      what: `map ${map.name}: values`,
      found: values.length,
      expected: count * map.bufferSize,
    })
  if (count > 0)
    callBpf(map.kernel, 'BPF_MAP_UPDATE_BATCH', { keys, values, count, map_fd: map.fd, elem_flags: BigInt(flags) })
}

/** BPF_MAP_DELETE_BATCH: remove keys that lie side by side; a missing one is ENOENT, and those after it stay. */
export function deleteBatch(map: BpfMap, keys: Uint8Array): void {
  const count = batchCount(map, keys)
  if (count > 0) callBpf(map.kernel, 'BPF_MAP_DELETE_BATCH', { keys, count, map_fd: map.fd })
}

function batchCount(map: BpfMap, keys: Uint8Array): number {
  const count = keys.length / map.keySize
  if (!Number.isInteger(count))
    throw syscallErrors.make('size', {
      what: `map ${map.name}: keys`,
      found: keys.length,
      expected: Math.ceil(count) * map.keySize,
    })
  return count
}
