import type { Memory } from '../memory/memory.ts'
import type { MapMethods } from './array.ts'
import { hashMap } from './hash.ts'
import { EINVAL, type MapSpec } from './map.ts'

/**
 * BPF_MAP_TYPE_LPM_TRIE: a key is a prefix length in bits (u32) and that many bits of data, the first in the highest bit of
 * the first byte. Lookups find the longest prefix of what they ask for.
 */
export function lpmTrie(memory: Memory, spec: MapSpec): MapMethods {
  const inner = hashMap(memory, spec, { lru: false })
  const bits = 8 * (spec.keySize - 4)
  const lengthOf = (key: Uint8Array): number => new DataView(key.buffer, key.byteOffset, 4).getUint32(0, true)
  /** The key with a length, and with zeros behind it. */
  const cut = (key: Uint8Array, length: number): Uint8Array => {
    const result = key.slice()
    new DataView(result.buffer).setUint32(0, length, true)
    for (let byte = 0; byte < bits / 8; byte++) {
      const kept = Math.min(8, Math.max(0, length - 8 * byte))
      result[4 + byte] = (result[4 + byte] ?? 0) & (0xff00 >> kept)
    }
    return result
  }
  const longest = (key: Uint8Array): Uint8Array | undefined => {
    for (let length = Math.min(lengthOf(key), bits); length >= 0; length--) {
      const prefix = cut(key, length)
      if (inner.get(prefix) !== undefined) return prefix
    }
    return undefined
  }
  return {
    lookup(key) {
      const prefix = longest(key)
      return prefix === undefined ? 0 : inner.lookup(prefix)
    },
    update: (key, value, flags) =>
      lengthOf(key) > bits ? EINVAL : inner.update(cut(key, lengthOf(key)), value, flags),
    delete: (key) => (lengthOf(key) > bits ? EINVAL : inner.delete(cut(key, lengthOf(key)))),
    keys: inner.keys,
    get(key) {
      const prefix = longest(key)
      return prefix === undefined ? undefined : inner.get(prefix)
    },
  }
}
