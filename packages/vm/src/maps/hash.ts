import type { Memory } from '../memory/memory.ts'
import type { MapMethods } from './array.ts'
import { createElements } from './elements.ts'
import { BPF_EXIST, BPF_NOEXIST, E2BIG, EEXIST, EINVAL, ENOENT, type MapSpec } from './map.ts'

/** A key as a value that JavaScript compares: small ones as a number, others as text of their bytes. */
function identity(key: Uint8Array): number | string {
  if (key.length <= 4) {
    let value = 0
    for (let i = key.length - 1; i >= 0; i--) value = value * 256 + (key[i] ?? 0)
    return value
  }
  let text = ''
  for (const byte of key) text += String.fromCharCode(byte)
  return text
}

/** How a kind of hash map differs from the plain one. */
export interface HashKind {
  /** Once full, the element that was used longest ago makes room. */
  readonly lru: boolean
}

/**
 * BPF_MAP_TYPE_HASH and its kin. Elements keep their order of insertion. A deleted one's value stays where it was until
 * another element takes the place: in the kernel, too, a program may go on reading it.
 */
export function hashMap(memory: Memory, spec: MapSpec, { lru }: HashKind): MapMethods {
  const { maxEntries } = spec
  const elements = createElements(memory, maxEntries, spec)
  const entries = new Map<number | string, { readonly key: Uint8Array; readonly index: number }>()
  const free: number[] = []
  let fresh = 0

  const touch = (id: number | string): number | undefined => {
    const found = entries.get(id)
    if (found === undefined) return undefined
    if (lru) {
      entries.delete(id)
      entries.set(id, found)
    }
    return found.index
  }
  const remove = (id: number | string): boolean => {
    const found = entries.get(id)
    if (found === undefined) return false
    entries.delete(id)
    free.push(found.index)
    return true
  }
  return {
    lookup(key) {
      const index = touch(identity(key))
      return index === undefined ? 0 : elements.address(index)
    },
    update(key, value, flags = 0) {
      const id = identity(key)
      if (flags > BPF_EXIST) return EINVAL
      const index = touch(id)
      if (index !== undefined && flags === BPF_NOEXIST) return EEXIST
      if (index === undefined && flags === BPF_EXIST) return ENOENT
      if (index !== undefined) {
        elements.bytes(index).set(value)
        return 0
      }
      if (entries.size >= maxEntries) {
        const [oldest] = entries.keys()
        if (!lru || oldest === undefined) return E2BIG
        remove(oldest)
      }
      // The place that has been free for longest
      const place = fresh < maxEntries ? fresh++ : (free.shift() ?? 0)
      elements.bytes(place).set(value)
      entries.set(id, { key: key.slice(), index: place })
      return 0
    },
    delete: (key) => (remove(identity(key)) ? 0 : ENOENT),
    keys: () => [...entries.values()].map(({ key }) => key),
    get(key) {
      const found = entries.get(identity(key))
      return found === undefined ? undefined : elements.bytes(found.index)
    },
  }
}
