import { assemble } from '@tscc/insn'
import { createMachine, type Engine, type MapSpec, type VmMap } from '@tscc/vm'
import { describe, expect, test } from 'vitest'

const types = { HASH: 1, ARRAY: 2, PROG_ARRAY: 3, LRU_HASH: 9, LPM_TRIE: 11, ARRAY_OF_MAPS: 12, QUEUE: 22, STACK: 23 }
const [SK_STORAGE, RINGBUF] = [24, 27]
const ENOENT = 2n ** 64n - 2n

const u32 = (value: number): Uint8Array => Uint8Array.of(value, value >> 8, value >> 16, value >> 24)
const u64 = (value: number): Uint8Array => Uint8Array.from([...u32(value), 0, 0, 0, 0])
const numberOf = (bytes: Uint8Array | undefined): number | undefined =>
  bytes === undefined ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)

describe.each(['interpreter', 'jit'] as const)('%s', (engine: Engine) => {
  const machine = createMachine({ engine })
  const make = (type: number, spec: Partial<MapSpec> = {}): VmMap =>
    machine.map({ name: 'm', type, keySize: 4, valueSize: 8, maxEntries: 3, ...spec })
  const run = (text: string, maps: readonly VmMap[], ...values: readonly number[]): bigint =>
    machine.load({ insns: assemble(text), maps }).run(...values).r0
  /** A helper called with a map and pointers to stack slots that hold numbers. */
  const call = (id: number, map: VmMap, key: number, value = 0, flags = 0): bigint =>
    run(
      `*(u64 *)(r10 - 8) = ${key}\n*(u64 *)(r10 - 16) = ${value}\nr1 = map[fd:0]\nr2 = r10\nr2 += -8\nr3 = r10\nr3 += -16\nr4 = ${flags}\ncall ${id}\nexit`,
      [map],
    )
  const lookup = (map: VmMap, key: number): bigint =>
    run(
      `*(u64 *)(r10 - 8) = ${key}\nr1 = map[fd:0]\nr2 = r10\nr2 += -8\ncall 1\nif r0 == 0 goto none\nr0 = *(u64 *)(r0 + 0)\nexit\nnone: r0 = -1\nexit`,
      [map],
    )
  const NONE = 2n ** 64n - 1n

  test('array: fixed elements, each a region of its own', () => {
    const map = make(types.ARRAY)
    expect(call(2, map, 1, 42)).toBe(0n)
    expect([lookup(map, 1), lookup(map, 0), lookup(map, 3)]).toEqual([42n, 0n, NONE])
    expect(call(2, map, 3, 1)).toBe(2n ** 64n - 7n)
    expect(call(2, map, 0, 1, 1)).toBe(2n ** 64n - 17n)
    expect(call(3, map, 0)).toBe(2n ** 64n - 22n)
    expect(numberOf(map.get(u32(1)))).toBe(42)
    map.get(u32(2))?.set(u64(7))
    expect(lookup(map, 2)).toBe(7n)
    expect(() =>
      run('*(u64 *)(r10 - 8) = 1\nr1 = map[fd:0]\nr2 = r10\nr2 += -8\ncall 1\nr0 = *(u64 *)(r0 + 8)\nexit', [map]),
    ).toThrow('offset 8 of m[1], limit 8 bytes for a read')
    const [one] = [make(types.ARRAY, { maxEntries: 1, valueSize: 16 })]
    expect(run('r1 = map[fd:0][0]+8\n*(u64 *)(r1 + 0) = 5\nr0 = *(u64 *)(r1 + 0)\nexit', [one])).toBe(5n)
    expect(() => run('r1 = map[fd:0][0]+8\nr0 = 0\nexit', [map])).toThrow('no value with a fixed place')
  })

  test('an array that is read-only for programs is not for the host', () => {
    const map = make(types.ARRAY, { maxEntries: 1, flags: 1 << 7 })
    map.get(u32(0))?.set(u64(9))
    expect(run('r1 = map[fd:0][0]+0\nr0 = *(u64 *)(r1 + 0)\nexit', [map])).toBe(9n)
    expect(() => run('r1 = map[fd:0][0]+0\n*(u8 *)(r1 + 0) = 0\nexit', [map])).toThrow('write of 1 bytes')
  })

  test('hash: inserts, replaces, deletes, is full', () => {
    const map = make(types.HASH)
    for (const key of [5, 6, 7]) expect(call(2, map, key, 10 * key)).toBe(0n)
    expect(call(2, map, 8, 1)).toBe(2n ** 64n - 7n)
    expect(call(2, map, 5, 51)).toBe(0n)
    expect(call(2, map, 5, 52, 1)).toBe(2n ** 64n - 17n)
    expect(call(2, map, 9, 1, 2)).toBe(ENOENT)
    expect([lookup(map, 5), lookup(map, 6), lookup(map, 8)]).toEqual([51n, 60n, NONE])
    expect([call(3, map, 6), call(3, map, 6)]).toEqual([0n, ENOENT])
    expect(call(2, map, 8, 80)).toBe(0n)
    expect(map.keys().map(numberOf)).toEqual([5, 7, 8])
    expect(() => map.get(new Uint8Array(3))).toThrow('key of m: 3 bytes, expected 4')
  })

  test('LRU hash: the element that was used longest ago makes room', () => {
    const map = make(types.LRU_HASH)
    for (const key of [1, 2, 3]) call(2, map, key, key)
    lookup(map, 1)
    call(2, map, 4, 4)
    expect(map.keys().map(numberOf)).toEqual([3, 1, 4])
  })

  test('LPM trie: the longest prefix wins', () => {
    const map = make(types.LPM_TRIE, { keySize: 8 })
    const key = (length: number, ...address: readonly number[]) => Uint8Array.from([...u32(length), ...address])
    map.update(key(8, 10, 0, 0, 0), u64(1))
    map.update(key(16, 10, 1, 99, 99), u64(2))
    map.update(key(32, 10, 1, 2, 3), u64(3))
    const find = (...address: readonly number[]) => numberOf(map.get(key(32, ...address)))
    expect([find(10, 9, 9, 9), find(10, 1, 9, 9), find(10, 1, 2, 3), find(11, 1, 2, 3)]).toEqual([1, 2, 3, undefined])
    expect(map.delete(key(16, 10, 1, 0, 0))).toBe(0)
    expect(find(10, 1, 9, 9)).toBe(1)
    expect(map.update(key(33, 1, 1, 1, 1), u64(1))).toBe(-22)
  })

  test('queue and stack', () => {
    const push = (map: VmMap, value: number, flags = 0) =>
      run(`*(u64 *)(r10 - 8) = ${value}\nr1 = map[fd:0]\nr2 = r10\nr2 += -8\nr3 = ${flags}\ncall 87\nexit`, [map])
    const pop = (map: VmMap, id = 88) =>
      run(`r1 = map[fd:0]\nr2 = r10\nr2 += -8\ncall ${id}\nif r0 != 0 goto end\nr0 = *(u64 *)(r10 - 8)\nend: exit`, [
        map,
      ])
    const [queue, stack] = [make(types.QUEUE, { keySize: 0 }), make(types.STACK, { keySize: 0 })]
    for (const map of [queue, stack]) for (const value of [1, 2, 3]) expect(push(map, value)).toBe(0n)
    expect([push(queue, 4), push(queue, 4, 2)]).toEqual([2n ** 64n - 7n, 0n])
    expect([pop(queue, 89), pop(queue), pop(queue), pop(queue), pop(queue)]).toEqual([2n, 2n, 3n, 4n, ENOENT])
    expect([pop(stack), pop(stack, 89), pop(stack)]).toEqual([3n, 2n, 2n])
  })

  test('ring buffer: reserve, submit, discard, output, drain in order', () => {
    const map = make(RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 64 })
    const reserve = (value: number, end: number) =>
      run(
        `r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall 131\nif r0 == 0 goto none\n*(u64 *)(r0 + 0) = ${value}\nr1 = r0\nr2 = 0\ncall ${end}\nr0 = 1\nexit\nnone: r0 = 0\nexit`,
        [map],
      )
    expect([reserve(1, 132), reserve(2, 133), reserve(3, 132), reserve(4, 132)]).toEqual([1n, 1n, 1n, 1n])
    expect(reserve(5, 132)).toBe(0n)
    expect(map.drain?.().map((record) => record[0])).toEqual([1, 3, 4])
    expect(
      run('*(u64 *)(r10 - 8) = 77\nr1 = map[fd:0]\nr2 = r10\nr2 += -8\nr3 = 8\nr4 = 0\ncall 130\nexit', [map]),
    ).toBe(0n)
    expect(run('r1 = map[fd:0]\nr2 = 0\ncall 134\nexit', [map])).toBe(16n)
    expect(map.drain?.()).toEqual([u64(77)])
    expect(() => run('r1 = r10\nr2 = 0\ncall 132\nr0 = 0\nexit', [map])).toThrow('a reserved record')
    expect(() =>
      run('r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall 131\nr6 = r0\nr1 = r0\nr2 = 0\ncall 132\nr0 = *(u8 *)(r6 + 0)\nexit', [
        map,
      ]),
    ).toThrow('read of 1 bytes')
  })

  test('socket storage: a value an owner, gone with it', () => {
    const map = make(SK_STORAGE, { maxEntries: 0 })
    const get = (owner: number, flags: number) =>
      run(
        `r2 = r1\nr1 = map[fd:0]\nr3 = 0\nr4 = ${flags}\ncall 107\nif r0 == 0 goto none\nr1 = *(u64 *)(r0 + 0)\nr1 += 1\n*(u64 *)(r0 + 0) = r1\nr0 = r1\nnone: exit`,
        [map],
        owner,
      )
    const [one, two] = [machine.region({ name: 'one', size: 8 }), machine.region({ name: 'two', size: 8 })]
    expect([get(one.address, 0), get(one.address, 1), get(one.address, 1), get(two.address, 1)]).toEqual([
      0n,
      1n,
      2n,
      1n,
    ])
    const remove = 'r2 = r1\nr1 = map[fd:0]\ncall 108\nexit'
    expect([run(remove, [map], two.address), run(remove, [map], two.address)]).toEqual([0n, ENOENT])
    one.close()
    const three = machine.region({ name: 'three', size: 8 })
    expect(get(three.address, 1)).toBe(1n)
  })

  test('tail calls go on in another program, 33 of them, and on where there is none', () => {
    const programs = make(types.PROG_ARRAY, { valueSize: 4 })
    const jump = 'r2 = map[fd:0]\nr3 = 1\ncall 12'
    const count = machine.region({ name: 'count', size: 8 })
    const text = `r6 = *(u64 *)(r1 + 0)\nr6 += 1\n*(u64 *)(r1 + 0) = r6\n${jump}\nr0 = 5\nexit`
    const again = machine.load({ name: 'again', insns: assemble(text), maps: [programs] })
    expect(again.run(count.address).r0).toBe(5n)
    machine.setProgram(programs, 1, again)
    expect(again.run(count.address).r0).toBe(5n)
    expect(count.bytes[0]).toBe(1 + 34)
    machine.setProgram(
      programs,
      1,
      machine.load({ name: 'end', insns: assemble('*(u64 *)(r10 - 8) = 3\nr0 = 9\nexit') }),
    )
    // From a subprogram it returns to that one's caller
    expect(run(`call f\nr0 += 1\nexit\nf: ${jump}\nr0 = 0\nexit`, [programs])).toBe(10n)
    programs.delete(u32(1))
    expect(run(`*(u64 *)(r10 - 8) = 4\n${jump}\nr0 = *(u64 *)(r10 - 8)\nexit`, [programs])).toBe(4n)
  })

  test('maps of maps', () => {
    const [outer, inner] = [make(types.ARRAY_OF_MAPS, { valueSize: 4 }), make(types.ARRAY)]
    inner.update(u32(0), u64(6))
    machine.setMap(outer, u32(2), inner)
    const text = (index: number) =>
      `*(u64 *)(r10 - 8) = ${index}\nr1 = map[fd:0]\nr2 = r10\nr2 += -8\ncall 1\nif r0 == 0 goto none\n*(u64 *)(r10 - 8) = 0\nr1 = r0\nr2 = r10\nr2 += -8\ncall 1\nr0 = *(u64 *)(r0 + 0)\nnone: exit`
    expect([run(text(2), [outer]), run(text(1), [outer])]).toEqual([6n, 0n])
  })

  test('what no kernel would make is refused', () => {
    expect(() => make(types.ARRAY, { keySize: 8 })).toThrow('map m: keySize is 8, expected 4..4')
    expect(() => make(types.HASH, { maxEntries: 0 })).toThrow('maxEntries')
    expect(() => make(99)).toThrow('type 99 is not supported')
    expect(() => make(types.HASH, { valueSize: 2 ** 20, maxEntries: 2 ** 20 })).toThrow('free are')
  })
})
