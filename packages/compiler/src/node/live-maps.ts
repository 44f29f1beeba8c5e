import {
  type BpfMap,
  deleteElement,
  lookupElement,
  mapKeys,
  nextKey,
  type RingBufferReader,
  ringBufferReader,
  takeElement,
  updateElement,
} from '@tscc/syscall'
import type { Handle } from '../lower/scope.ts'
import { type DataType, S32, sizeOfData, U32 } from '../types.ts'
import { decodeData, encodeData, type LiveValue } from './data-codec.ts'

type MapHandle = Extract<Handle, { kind: 'map' }>

/** How often a ring buffer is looked at while someone waits for its records, ms. */
const INTERVAL = 10

/** A map of a module for user space, with the members that `@tscc/bpf` declares; `open` loads the module. */
export function liveMap(handle: MapHandle, open: () => BpfMap): object {
  const { make, name } = handle
  switch (make) {
    case 'ringbuf':
      return ringBuffer(handle, open)
    case 'queue':
    case 'stack':
      return {
        name,
        push: (value: unknown) => updateElement(open(), NO_KEY, encodeData(valueType(handle), value)),
        pop: () => found(handle, takeElement(open())),
        peek: () => found(handle, lookupElement(open(), NO_KEY)),
      }
    case 'skStorage':
      return socketStorage(handle, open)
    default:
      return keyed(handle, open)
  }
}

const NO_KEY = new Uint8Array(0)

/** Records have a type that the map itself does not know. */
function valueType({ declaration, name }: MapHandle): DataType {
  const { value } = declaration
  if (value === undefined) throw new TypeError(`${name} has no values`)
  return value
}

function found(handle: MapHandle, bytes: Uint8Array | undefined): LiveValue | null {
  return bytes === undefined ? null : decodeData(valueType(handle), bytes)
}

/** User space says by a descriptor which socket is meant. */
function socketStorage(handle: MapHandle, open: () => BpfMap): object {
  const { name } = handle
  const value = valueType(handle)
  const keyOf = (fd: unknown): Uint8Array => encodeData(S32, fd, `${name}: descriptor`)
  return {
    name,
    get(fd: unknown): LiveValue | undefined {
      const bytes = lookupElement(open(), keyOf(fd))
      return bytes === undefined ? undefined : decodeData(value, bytes)
    },
    set: (fd: unknown, given: unknown) => updateElement(open(), keyOf(fd), encodeData(value, given, name)),
    delete: (fd: unknown) => (deleteElement(open(), keyOf(fd)) ? 0 : -2),
  }
}

function keyed(handle: MapHandle, open: () => BpfMap): object {
  const { name, make } = handle
  const key = handle.declaration.key ?? U32
  const value = valueType(handle)
  const perCpu = make.startsWith('percpu') || make === 'lruPercpuHash'
  const stride = Math.ceil(sizeOfData(value) / 8) * 8
  const decode = (bytes: Uint8Array): unknown =>
    perCpu
      ? Array.from({ length: bytes.length / stride }, (_, i) =>
          decodeData(value, bytes.subarray(i * stride, i * stride + sizeOfData(value))),
        )
      : decodeData(value, bytes)
  const encode = (given: unknown, map: BpfMap): Uint8Array => {
    if (!perCpu) return encodeData(value, given, name)
    const bytes = new Uint8Array(map.bufferSize)
    for (const [i, one] of (Array.isArray(given) ? given : []).entries())
      bytes.set(encodeData(value, one, name), i * stride)
    return bytes
  }
  const get = (wanted: unknown): unknown => {
    const bytes = lookupElement(open(), encodeData(key, wanted, `${name}: key`))
    return bytes === undefined ? undefined : decode(bytes)
  }
  const set = (wanted: unknown, given: unknown, flags = 0): void => {
    const map = open()
    updateElement(map, encodeData(key, wanted, `${name}: key`), encode(given, map), flags)
  }
  function* keys(): Generator<unknown> {
    for (const bytes of mapKeys(open())) yield decodeData(key, bytes)
  }
  function* entries(): Generator<[unknown, unknown]> {
    for (const bytes of mapKeys(open())) {
      const content = lookupElement(open(), bytes)
      if (content !== undefined) yield [decodeData(key, bytes), decode(content)]
    }
  }
  function* values(): Generator<unknown> {
    for (const [, one] of entries()) yield one
  }
  return {
    name,
    get,
    set,
    has: (wanted: unknown) => lookupElement(open(), encodeData(key, wanted, `${name}: key`)) !== undefined,
    lookup: (wanted: unknown) => get(wanted) ?? null,
    update(wanted: unknown, given: unknown, flags?: number) {
      set(wanted, given, flags)
      return 0
    },
    delete: (wanted: unknown) => (deleteElement(open(), encodeData(key, wanted, `${name}: key`)) ? 0 : -2),
    keys,
    values,
    entries,
    get size() {
      const map = open()
      if (make === 'array' || make === 'percpuArray') return map.maxEntries
      let count = 0
      for (let at = nextKey(map); at !== undefined; at = nextKey(map, at)) count++
      return count
    },
    [Symbol.iterator]: entries,
  }
}

function ringBuffer(handle: MapHandle, open: () => BpfMap): object {
  let reader: RingBufferReader | undefined
  const drain = (): readonly LiveValue[] => {
    reader ??= ringBufferReader(open())
    const size = sizeOfData(valueType(handle))
    return reader.drain().map((bytes) => decodeData(valueType(handle), bytes.subarray(0, size)))
  }
  return {
    name: handle.name,
    drain,
    async *[Symbol.asyncIterator](): AsyncGenerator<LiveValue> {
      for (;;) {
        yield* drain()
        await new Promise((resolve) => setTimeout(resolve, INTERVAL))
      }
    },
  }
}
