import { bpfMapTypes } from './bpf-types.ts'
import { type BpfMap, bpfMapFlags } from './map.ts'
import type { MappedMemory } from './mapped-memory.ts'
import { syscallErrors } from './syscall-errors.ts'

const pageSize = 4096

/** The values of an array map as memory: what programs write is there at once, without a system call. */
export interface MappedValues extends MappedMemory {
  /** Bytes from one element to the next: the value size rounded up to 8. */
  readonly stride: number
  /** The bytes of one value; make the view once and keep it. */
  element(index: number): Uint8Array<ArrayBuffer>
}

/**
 * mmap(2) of an array map created with BPF_F_MMAPABLE (5.5).
 *
 * The kernel refuses a writable mapping of a frozen map, and to freeze a map that is mapped writable. Without
 * `writable` a write kills the process.
 */
export function mapValues(map: BpfMap, options: { readonly writable?: boolean } = {}): MappedValues {
  if (map.type !== bpfMapTypes.BPF_MAP_TYPE_ARRAY || (map.flags & bpfMapFlags.BPF_F_MMAPABLE) === 0)
    throw syscallErrors.make('not-mappable', { map: map.name, type: map.type, flags: map.flags })
  const stride = Math.ceil(map.valueSize / 8) * 8
  const length = Math.ceil((stride * map.maxEntries) / pageSize) * pageSize
  const memory = map.kernel.mapMemory(map.fd, { length, shared: true, writable: options.writable ?? false })
  return {
    ...memory,
    stride,
    element(index) {
      if (!Number.isInteger(index) || index < 0 || index >= map.maxEntries)
        throw syscallErrors.make('out-of-range', {
          field: `map ${map.name}: index`,
          value: String(index),
          min: 0,
          max: map.maxEntries - 1,
        })
      return memory.bytes.subarray(index * stride, index * stride + map.valueSize)
    },
  }
}
