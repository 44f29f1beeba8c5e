import type { MapMethods } from './array.ts'
import { BPF_EXIST, E2BIG, EINVAL, ENOENT, type MapSpec } from './map.ts'

/** BPF_MAP_TYPE_QUEUE (first in, first out) and STACK (last in, first out). */
export function queueMap({ maxEntries }: MapSpec, order: 'queue' | 'stack'): MapMethods {
  const values: Uint8Array[] = []
  const take = (): Uint8Array | undefined => (order === 'queue' ? values.shift() : values.pop())
  return {
    lookup: () => 0,
    update: () => EINVAL,
    delete: () => EINVAL,
    keys: () => [],
    get: () => undefined,
    push(value, flags) {
      if (flags !== 0 && flags !== BPF_EXIST) return EINVAL
      if (values.length >= maxEntries) {
        // BPF_EXIST: the oldest makes room
        if (flags !== BPF_EXIST) return E2BIG
        values.shift()
      }
      values.push(value.slice())
      return 0
    },
    pop(value, keep) {
      const found = keep ? (order === 'queue' ? values[0] : values.at(-1)) : take()
      if (found === undefined) {
        value.fill(0)
        return ENOENT
      }
      value.set(found)
      return 0
    },
  }
}
