import { TWO_32 } from '../memory/layout.ts'
import type { Memory, Region } from '../memory/memory.ts'
import type { MapMethods } from './array.ts'
import { EINVAL, ENOENT, type MapSpec } from './map.ts'

/** BPF_MAP_TYPE_SK_STORAGE: a value for each owner, which is a region; it is gone with the owner. */
export function localStorage(memory: Memory, spec: MapSpec): MapMethods {
  const values = new Map<number, Region>()
  const ownerOf = (address: number): number => Math.floor(address / TWO_32)
  return {
    lookup: () => 0,
    update: () => EINVAL,
    delete: () => EINVAL,
    keys: () => [],
    get: () => undefined,
    storage(owner, initial) {
      const id = ownerOf(owner)
      const found = values.get(id)
      if (found !== undefined) return found.address
      if (initial === undefined) return 0
      const made = memory.allocate({ name: `value of ${spec.name}`, size: spec.valueSize })
      made.bytes.set(initial)
      values.set(id, made)
      memory.onClose(owner, () => {
        if (values.get(id) !== made) return
        values.delete(id)
        made.close()
      })
      return made.address
    },
    deleteStorage(owner) {
      const id = ownerOf(owner)
      const found = values.get(id)
      if (found === undefined) return ENOENT
      values.delete(id)
      found.close()
      return 0
    },
  }
}
