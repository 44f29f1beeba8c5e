import type { Memory } from '../memory/memory.ts'
import { createElements } from './elements.ts'
import {
  BPF_NOEXIST,
  E2BIG,
  EEXIST,
  EINVAL,
  type MachineMap,
  type MapProgram,
  type MapSpec,
  type VmMap,
} from './map.ts'

/** The methods that make a kind of map. */
export type MapMethods = Omit<MachineMap, keyof MapSpec | 'address'>

/** The index that a key is, little-endian. */
const indexOf = (key: Uint8Array): number =>
  ((key[0] ?? 0) | ((key[1] ?? 0) << 8) | ((key[2] ?? 0) << 16) | ((key[3] ?? 0) << 24)) >>> 0

const keyOf = (index: number): Uint8Array => Uint8Array.of(index, index >>> 8, index >>> 16, index >>> 24)

/** BPF_MAP_TYPE_ARRAY, and PERCPU_ARRAY of the one processor that there is. */
export function arrayMap(memory: Memory, spec: MapSpec): MapMethods {
  const { maxEntries } = spec
  const elements = createElements(memory, maxEntries, spec)
  return {
    lookup(key) {
      const index = indexOf(key)
      return index < maxEntries ? elements.address(index) : 0
    },
    update(key, value, flags = 0) {
      const index = indexOf(key)
      if (index >= maxEntries) return E2BIG
      if (flags === BPF_NOEXIST) return EEXIST
      elements.bytes(index).set(value)
      return 0
    },
    delete: () => EINVAL,
    keys: () => Array.from({ length: maxEntries }, (_, index) => keyOf(index)),
    get(key) {
      const index = indexOf(key)
      return index < maxEntries ? elements.bytes(index) : undefined
    },
  }
}

/** BPF_MAP_TYPE_PROG_ARRAY: programs cannot look into it. */
export function programArray({ maxEntries }: MapSpec): {
  readonly methods: MapMethods
  set(index: number, program: MapProgram): void
} {
  const programs: (MapProgram | undefined)[] = []
  return {
    methods: {
      lookup: () => 0,
      update: () => EINVAL,
      delete(key) {
        programs[indexOf(key)] = undefined
        return 0
      },
      keys: () => Array.from(programs.keys(), keyOf),
      get: () => undefined,
      program: (index) => programs[index],
    },
    set(index, program) {
      if (index < maxEntries) programs[index] = program
    },
  }
}

/** BPF_MAP_TYPE_ARRAY_OF_MAPS and HASH_OF_MAPS: values are maps, by their addresses in 4 bytes from the host (`slots`). */
export function mapOfMaps(limit: number): { readonly methods: MapMethods; set(key: Uint8Array, inner: VmMap): void } {
  const inner = new Map<string, { readonly key: Uint8Array; readonly map: VmMap }>()
  return {
    methods: {
      lookup: (key) => inner.get(key.join(' '))?.map.address ?? 0,
      update: () => EINVAL,
      delete: (key) => (inner.delete(key.join(' ')) ? 0 : EINVAL),
      keys: () => [...inner.values()].map(({ key }) => key),
      get: () => undefined,
    },
    set(key, map) {
      if (inner.size < limit || inner.has(key.join(' '))) inner.set(key.join(' '), { key: key.slice(), map })
    },
  }
}
