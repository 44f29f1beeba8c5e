import {
  bpfMapFlags,
  bpfUpdateFlags,
  createMap,
  deleteBatch,
  deleteElement,
  fakeKernel,
  freezeMap,
  hostKernel,
  lookupBatches,
  lookupElement,
  type MapSpec,
  mapKeys,
  mapValues,
  nextKey,
  takeBatches,
  takeElement,
  updateBatch,
  updateElement,
} from '@tscc/syscall'
import { describe, expect, it } from 'vitest'
import { caught, skipReal, u32, u64 } from './real-kernel.ts'

const hash: MapSpec = { type: 'BPF_MAP_TYPE_HASH', keySize: 4, valueSize: 8, maxEntries: 5000, name: 'tscc_h' }
const array: MapSpec = { type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 100, name: 'tscc_a' }

describe('maps on a fake kernel', () => {
  const hashOf = (possibleCpus: number, type: MapSpec['type']): number => {
    const kernel = fakeKernel({ possibleCpus, bpf: { BPF_MAP_CREATE: () => 9 } })
    return createMap(kernel, { ...hash, type, valueSize: 12 }).bufferSize
  }

  it('sizes buffers as the kernel fills them', () => {
    expect(hashOf(6, 'BPF_MAP_TYPE_HASH')).toBe(12)
    expect(hashOf(6, 'BPF_MAP_TYPE_PERCPU_HASH')).toBe(96)
    expect(hashOf(1, 'BPF_MAP_TYPE_PERCPU_ARRAY')).toBe(16)
  })

  it('refuses keys, values and outputs of another length before any call', () => {
    const kernel = fakeKernel({ bpf: { BPF_MAP_CREATE: () => 9 } })
    const map = createMap(kernel, hash)
    for (const run of [
      () => lookupElement(map, new Uint8Array(3)),
      () => updateElement(map, u32(1), new Uint8Array(9)),
      () => deleteElement(map, new Uint8Array(5)),
      () => nextKey(map, new Uint8Array(0)),
      () => updateBatch(map, u32(1, 2), u64(1n)),
      () => deleteBatch(map, new Uint8Array(6)),
    ])
      expect(caught(run)).toMatchObject({ code: 'syscall/size' })
    expect(kernel.calls.map((call) => call.command)).toEqual(['BPF_MAP_CREATE'])
  })

  it('does not reach a descriptor that was closed', () => {
    const kernel = fakeKernel({
      bpf: { BPF_MAP_CREATE: () => 9, BPF_MAP_LOOKUP_ELEM: ({ output }) => (output.getUint32(0, true) === 9 ? 0 : -9) },
    })
    const map = createMap(kernel, hash)
    expect(lookupElement(map, u32(1))).toEqual(u64(0n))
    map.close()
    expect(caught(() => lookupElement(map, u32(1)))).toMatchObject({ code: 'syscall/bpf', context: { name: 'EBADF' } })
  })

  it('grows a batch that one bucket does not fit in', () => {
    const counts: number[] = []
    const kernel = fakeKernel({
      bpf: {
        BPF_MAP_CREATE: () => 9,
        BPF_MAP_LOOKUP_BATCH({ output }) {
          const count = output.getUint32(32, true)
          counts.push(count)
          if (count < 8) return -28
          output.setUint32(32, 5, true)
          return -2
        },
      },
    })
    expect([...lookupBatches(createMap(kernel, hash), { batchSize: 2 })].map((batch) => batch.count)).toEqual([5])
    expect(counts).toEqual([2, 4, 8])
  })
})

describe.skipIf(skipReal('maps'))('maps on the real kernel', () => {
  const kernel = hostKernel()

  for (const type of ['BPF_MAP_TYPE_HASH', 'BPF_MAP_TYPE_LRU_HASH', 'BPF_MAP_TYPE_PERCPU_HASH'] as const)
    it(`${type}: update, lookup, keys, delete`, () => {
      using map = createMap(kernel, { ...hash, type })
      const value = new Uint8Array(map.bufferSize).fill(7)
      for (const key of [1, 2, 3]) updateElement(map, u32(key), value)
      expect(lookupElement(map, u32(2))).toEqual(value)
      const out = new Uint8Array(map.bufferSize + 1)
      expect(lookupElement(map, u32(2), out)).toBe(out)
      expect(out.subarray(0, -1)).toEqual(value)
      expect(lookupElement(map, u32(9))).toBeUndefined()
      expect([...mapKeys(map)].map((key) => key[0]).sort()).toEqual([1, 2, 3])
      expect([deleteElement(map, u32(2)), deleteElement(map, u32(2))]).toEqual([true, false])
      expect(caught(() => updateElement(map, u32(1), value, bpfUpdateFlags.BPF_NOEXIST))).toMatchObject({
        context: { command: 'BPF_MAP_UPDATE_ELEM', name: 'EEXIST' },
      })
    })

  it('a queue has no keys', () => {
    using map = createMap(kernel, { ...hash, type: 'BPF_MAP_TYPE_QUEUE', keySize: 0 })
    const none = new Uint8Array(0)
    updateElement(map, none, u64(5n))
    updateElement(map, none, u64(6n))
    expect([takeElement(map), takeElement(map), takeElement(map)]).toEqual([u64(5n), u64(6n), undefined])
  })

  it('moves elements in batches', () => {
    using map = createMap(kernel, hash)
    const keys = Uint32Array.from({ length: 3000 }, (_, i) => i + 1)
    const values = BigUint64Array.from(keys, (key) => BigInt(key) * 10n)
    updateBatch(map, new Uint8Array(keys.buffer), new Uint8Array(values.buffer))
    const read = (source: Iterable<{ count: number; keys: Uint8Array; values: Uint8Array }>): Map<number, bigint> => {
      const found = new Map<number, bigint>()
      for (const batch of source) {
        const batchKeys = new Uint32Array(batch.keys.slice().buffer)
        const batchValues = new BigUint64Array(batch.values.slice().buffer)
        for (const [i, key] of batchKeys.entries()) found.set(key, batchValues[i] ?? 0n)
      }
      return found
    }
    const all = read(lookupBatches(map, { batchSize: 256 }))
    expect([all.size, all.get(1), all.get(3000)]).toEqual([3000, 10n, 30000n])
    deleteBatch(map, new Uint8Array(keys.buffer).subarray(0, 4000))
    expect(read(takeBatches(map)).size).toBe(2000)
    expect(read(lookupBatches(map)).size).toBe(0)
  })

  it('moves an array in batches', () => {
    using map = createMap(kernel, array)
    for (let i = 0; i < 100; i++) updateElement(map, u32(i), u64(BigInt(i)))
    const counts = [...lookupBatches(map, { batchSize: 30 })].map((batch) => batch.count)
    expect(counts).toEqual([30, 30, 30, 10])
  })

  it('freezes', () => {
    using map = createMap(kernel, array)
    updateElement(map, u32(3), u64(4n))
    freezeMap(map)
    expect(caught(() => updateElement(map, u32(3), u64(5n)))).toMatchObject({
      context: { name: 'EPERM', mend: 'the map is frozen or was opened read-only' },
    })
    expect(lookupElement(map, u32(3))).toEqual(u64(4n))
  })

  it('maps an array as memory', () => {
    using map = createMap(kernel, { ...array, valueSize: 12, flags: bpfMapFlags.BPF_F_MMAPABLE })
    using memory = mapValues(map, { writable: true })
    expect([memory.stride, memory.bytes.length]).toEqual([16, 4096])
    const value = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    updateElement(map, u32(99), value)
    expect(memory.element(99)).toEqual(value)
    memory.element(0).set(value)
    expect(lookupElement(map, u32(0))).toEqual(value)
    expect(caught(() => memory.element(100))).toMatchObject({ code: 'syscall/out-of-range' })
    expect(caught(() => freezeMap(map))).toMatchObject({ context: { name: 'EBUSY' } })
    memory.close()
    freezeMap(map)
    using readable = mapValues(map)
    expect(readable.element(99)[11]).toBe(12)
    expect(caught(() => mapValues(map, { writable: true }))).toMatchObject({ context: { call: 'mmap', name: 'EPERM' } })
  })

  it('refuses to map what is not mappable', () => {
    using map = createMap(kernel, array)
    expect(caught(() => mapValues(map))).toMatchObject({ code: 'syscall/not-mappable' })
  })
})
