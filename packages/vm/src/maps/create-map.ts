import type { Runtime } from '../runtime.ts'
import { vmErrors } from '../vm-errors.ts'
import { arrayMap, type MapMethods, mapOfMaps, programArray } from './array.ts'
import { hashMap } from './hash.ts'
import { localStorage } from './local-storage.ts'
import { lpmTrie } from './lpm-trie.ts'
import type { MachineMap, MapProgram, MapSpec, VmMap } from './map.ts'
import { mapTypes } from './map-types.ts'
import { queueMap } from './queue.ts'
import { ringBuffer } from './ringbuf.ts'

/** What only the host may put into maps. */
export interface MapSetters {
  readonly programs: WeakMap<VmMap, (index: number, program: MapProgram) => void>
  readonly maps: WeakMap<VmMap, (key: Uint8Array, inner: VmMap) => void>
}

const MAX_SIZE = 2 ** 30

/** Make a map; throws `vm/map-type` and `vm/bad-map`. */
export function createMap(runtime: Runtime, spec: MapSpec, setters: MapSetters): VmMap {
  checkSpec(spec)
  const made: { set?: (map: VmMap) => void } = {}
  const methods = methodsOf(runtime, spec, setters, made)
  const handle = runtime.memory.window({ name: `map ${spec.name}`, size: 0, access: 'none' }, 0)
  const map: MachineMap = { flags: 0, ...spec, address: handle.address, ...sized(spec, methods) }
  runtime.addMap(map)
  made.set?.(map)
  return map
}

function methodsOf(
  { memory }: Runtime,
  spec: MapSpec,
  setters: MapSetters,
  made: { set?: (map: VmMap) => void },
): MapMethods {
  switch (spec.type) {
    case mapTypes.ARRAY:
    case mapTypes.PERCPU_ARRAY:
      return arrayMap(memory, spec)
    case mapTypes.HASH:
    case mapTypes.PERCPU_HASH:
      return hashMap(memory, spec, { lru: false })
    case mapTypes.LRU_HASH:
    case mapTypes.LRU_PERCPU_HASH:
      return hashMap(memory, spec, { lru: true })
    case mapTypes.LPM_TRIE:
      return lpmTrie(memory, spec)
    case mapTypes.QUEUE:
      return queueMap(spec, 'queue')
    case mapTypes.STACK:
      return queueMap(spec, 'stack')
    case mapTypes.RINGBUF:
      return ringBuffer(memory, spec)
    case mapTypes.SK_STORAGE:
      return localStorage(memory, spec)
    case mapTypes.PROG_ARRAY: {
      const { methods, set } = programArray(spec)
      made.set = (map) => setters.programs.set(map, set)
      return methods
    }
    case mapTypes.ARRAY_OF_MAPS:
    case mapTypes.HASH_OF_MAPS: {
      const { methods, set } = mapOfMaps(spec.maxEntries)
      made.set = (map) => setters.maps.set(map, set)
      return methods
    }
    default:
      throw vmErrors.make('map-type', { map: spec.name, type: spec.type })
  }
}

function checkSpec({ name, type, keySize, valueSize, maxEntries }: MapSpec): void {
  const expect = (field: string, value: number, min: number, max: number): void => {
    if (!(Number.isInteger(value) && value >= min && value <= max))
      throw vmErrors.make('bad-map', { map: name, field, value, expected: `${min}..${max}` })
  }
  const keyless = type === mapTypes.RINGBUF || type === mapTypes.QUEUE || type === mapTypes.STACK
  const array = ([mapTypes.ARRAY, mapTypes.PERCPU_ARRAY, mapTypes.PROG_ARRAY] as readonly number[]).includes(type)
  if (type === mapTypes.LPM_TRIE) expect('keySize', keySize, 5, 260)
  else if (array || type === mapTypes.SK_STORAGE) expect('keySize', keySize, 4, 4)
  else expect('keySize', keySize, keyless ? 0 : 1, keyless ? 0 : 512)
  expect('valueSize', valueSize, type === mapTypes.RINGBUF ? 0 : 1, type === mapTypes.RINGBUF ? 0 : MAX_SIZE)
  expect('maxEntries', maxEntries, type === mapTypes.SK_STORAGE ? 0 : 1, MAX_SIZE)
}

/** The same methods, for keys and values of the right sizes only. */
function sized(spec: MapSpec, methods: MapMethods): MapMethods {
  const key = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length !== spec.keySize)
      throw vmErrors.make('bad-size', { what: `key of ${spec.name}`, size: bytes.length, expected: spec.keySize })
    return bytes
  }
  const value = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length !== spec.valueSize)
      throw vmErrors.make('bad-size', { what: `value of ${spec.name}`, size: bytes.length, expected: spec.valueSize })
    return bytes
  }
  return {
    ...methods,
    lookup: (bytes) => methods.lookup(key(bytes)),
    update: (bytes, content, flags) => methods.update(key(bytes), value(content), flags),
    delete: (bytes) => methods.delete(key(bytes)),
    get: (bytes) => methods.get(key(bytes)),
  }
}
