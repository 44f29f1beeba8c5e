import { bpfError } from './bpf-call.ts'
import type { BpfCommand } from './commands.ts'
import { errnoNumber } from './errno.ts'
import type { BpfMap } from './map.ts'
import { syscallErrors } from './syscall-errors.ts'

/** Update flags: any (0), only a new key, only an existing one, and with the spin lock of the value taken. */
export const bpfUpdateFlags = { BPF_ANY: 0, BPF_NOEXIST: 1, BPF_EXIST: 2, BPF_F_LOCK: 4 } as const

const ENOENT = errnoNumber('ENOENT')
const noKey = new Uint8Array(0)

/**
 * BPF_MAP_LOOKUP_ELEM: the value, undefined where there is none.
 *
 * With `out` (at least `map.bufferSize` bytes) it is copied there and `out` is returned: no allocation.
 */
export function lookupElement(map: BpfMap, key: Uint8Array, out?: Uint8Array): Uint8Array | undefined {
  const { calls } = map
  putKey(map, key)
  const result = calls.lookup()
  if (result < 0) return missing(map, 'BPF_MAP_LOOKUP_ELEM', result)
  return takeValue(map, out)
}

/** BPF_MAP_LOOKUP_AND_DELETE_ELEM: take an element out (queues and stacks have no key; hashes since 5.14). */
export function takeElement(map: BpfMap, key: Uint8Array = noKey, out?: Uint8Array): Uint8Array | undefined {
  putKey(map, key)
  const result = map.calls.lookupAndDelete()
  if (result < 0) return missing(map, 'BPF_MAP_LOOKUP_AND_DELETE_ELEM', result)
  return takeValue(map, out)
}

/** BPF_MAP_UPDATE_ELEM; `flags` is a sum of {@link bpfUpdateFlags}. Queues and stacks take an empty key. */
export function updateElement(map: BpfMap, key: Uint8Array, value: Uint8Array, flags = 0): void {
  putKey(map, key)
  if (value.length !== map.bufferSize)
    throw syscallErrors.make('size', {
      what: `map ${map.name}: value`,
      found: value.length,
      expected: map.bufferSize,
    })
  copy(map.calls.value, value)
  const result = map.calls.update(flags)
  if (result < 0) throw bpfError(map.kernel, 'BPF_MAP_UPDATE_ELEM', -result)
}

/** BPF_MAP_DELETE_ELEM: whether there was such an element. */
export function deleteElement(map: BpfMap, key: Uint8Array): boolean {
  putKey(map, key)
  const result = map.calls.remove()
  if (result === 0) return true
  missing(map, 'BPF_MAP_DELETE_ELEM', result)
  return false
}

/** BPF_MAP_GET_NEXT_KEY: the key after `key` in the map's own order, the first without one, undefined at the end. */
export function nextKey(map: BpfMap, key?: Uint8Array): Uint8Array | undefined {
  const { calls } = map
  if (key !== undefined) putKey(map, key)
  const result = key === undefined ? calls.firstKey() : calls.nextKey()
  return result < 0 ? missing(map, 'BPF_MAP_GET_NEXT_KEY', result) : calls.next.slice()
}

/** Every key; ends after `maxEntries` even if deletions make the kernel start over. */
export function* mapKeys(map: BpfMap): Generator<Uint8Array> {
  let key = nextKey(map)
  for (let count = 0; key !== undefined && count < map.maxEntries; count++) {
    yield key
    key = nextKey(map, key)
  }
}

function missing(map: BpfMap, command: BpfCommand, result: number): undefined {
  if (result === -ENOENT) return undefined
  throw bpfError(map.kernel, command, -result)
}

function putKey(map: BpfMap, key: Uint8Array): void {
  if (key.length !== map.keySize)
    throw syscallErrors.make('size', { what: `map ${map.name}: key`, found: key.length, expected: map.keySize })
  copy(map.calls.key, key)
}

function takeValue(map: BpfMap, out: Uint8Array | undefined): Uint8Array {
  const { value } = map.calls
  if (out === undefined) return value.slice()
  if (out.length < value.length)
    throw syscallErrors.make('size', { what: `map ${map.name}: output`, found: out.length, expected: value.length })
  copy(out, value)
  return out
}

/** A loop beats `set` for the few bytes that keys and values usually have. */
function copy(to: Uint8Array, from: Uint8Array): void {
  if (from.length > 32) to.set(from)
  else for (let i = 0; i < from.length; i++) to[i] = from[i] ?? 0
}
