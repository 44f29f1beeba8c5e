import { type BtfType, buildBtf } from '@tscc/btf'
import { firstValues, type ObjectMap, variablesOf, withVariables } from '@tscc/object'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sampleObject } from './sample-object.ts'

const int = (name: string, size: number, more: Partial<Extract<BtfType, { kind: 'int' }>> = {}): BtfType => ({
  kind: 'int',
  name,
  size,
  bits: 8 * size,
  bitOffset: 0,
  signed: false,
  char: false,
  bool: false,
  ...more,
})
const member = (name: string, typeId: number, bitOffset: number, bitSize = 0) => ({ name, typeId, bitOffset, bitSize })
const types: readonly BtfType[] = [
  int('u8', 1), // 1
  int('s16', 2, { signed: true }),
  int('u32', 4),
  int('u64', 8),
  int('bool', 1, { bool: true }), // 5
  int('char', 1, { signed: true }),
  { kind: 'array', name: '', typeId: 6, indexTypeId: 3, length: 8 },
  { kind: 'array', name: '', typeId: 2, indexTypeId: 3, length: 3 },
  { kind: 'enum', name: 'e', size: 4, signed: true, values: [{ name: 'A', value: -1 }] },
  { kind: 'ptr', name: '', typeId: 3 }, // 10
  { kind: 'float', name: 'double', size: 8 },
  {
    kind: 'struct',
    name: 's',
    size: 16,
    members: [member('a', 3, 0), member('lo', 3, 32, 3), member('hi', 3, 35, 5), member('', 13, 64)],
  },
  { kind: 'union', name: '', size: 8, members: [member('x', 4, 0), member('y', 3, 0)] },
  { kind: 'volatile', name: '', typeId: 15 },
  { kind: 'const', name: '', typeId: 3 }, // 15
]
const sizes = [0, 1, 2, 4, 8, 1, 1, 8, 6, 4, 8, 8, 16, 8, 4, 4]

/** A map with one variable of a type, and its memory. */
function one(typeId: number, littleEndian = true) {
  const memory = new Uint8Array(sizes[typeId] ?? 0)
  const variables = [{ name: 'v', offset: 0, size: memory.length, typeId, linkage: 'global' as const }]
  return { memory, access: variablesOf({ name: '.data', variables }, buildBtf(types, { littleEndian }), memory) }
}

describe.each([true, false])('little endian: %j', (littleEndian) => {
  test.each([
    [1, 200],
    [2, -3],
    [3, 4_000_000_000],
    [4, 2n ** 63n],
    [5, true],
    [7, 'größe'],
    [8, [1, -2, 3]],
    [9, -1],
    [11, 0.5],
    [14, 42],
  ])('type %i holds %s', (typeId, value) => {
    const { access } = one(typeId, littleEndian)
    access.set('v', value)
    expect(access.get('v')).toEqual(value)
  })

  test('integers of any value come back', () => {
    const { access } = one(4, littleEndian)
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        access.set('v', value)
        expect(access.get('v')).toBe(value)
      }),
    )
  })
})

test('structs: members by name, through those without one; what is left out stays', () => {
  const { access, memory } = one(12)
  memory[4] = 0b10110_101
  access.set('v', { a: 7 })
  expect(access.get('v')).toEqual({ a: 7, lo: 5, hi: 22, x: 0n, y: 0 })
  const before = memory.slice()
  expect(() => access.set('v', { a: 8, lo: 1 })).toThrow(/v: has no member lo that can be set/)
  expect(memory).toEqual(before)
})

test.each([
  [1, 256, /cannot hold 256: it has 8 bits/],
  [2, 40_000, /16 bits with a sign/],
  [3, 1.5, /whole number/],
  [3, 'x', /whole number/],
  [5, 2, /1 bits/],
  [7, '12345678', /room for 7 bytes/],
  [8, [1, 2, 3, 4], /has 3 elements, not 4/],
  [8, 1, /wants an array/],
  [10, 1, /pointer/],
  [11, 'x', /number/],
  [12, 1, /members/],
])('type %i does not take %s', (typeId, value, message) => {
  expect(() => one(typeId).access.set('v', value)).toThrow(message)
})

test.each([
  ['an integer of 2^20 bytes', [int('wide', 1 << 20, { bits: 128 })], 1, 1 << 20, /v: is a int of 1048576 bytes/],
  ['a float of two bytes', [{ kind: 'float', name: 'half', size: 2 }], 1, 2, /v: is a float of 2 bytes/],
  ['more than is there', [int('u64', 8)], 1, 4, /v: has 8 bytes, and 4 are there/],
  [
    'two members of one place, and so on, 30 times',
    [
      int('u8', 1),
      ...Array.from({ length: 30 }, (_, i): BtfType => {
        const members = [member('a', i + 1, 0), member('b', i + 1, 0)]
        return { kind: 'struct', name: `s${i}`, size: 1, members }
      }),
    ],
    31,
    1,
    /has more parts than its 1 bytes can hold/,
  ],
] as const)('types that no compiler writes: %s', (_, list, typeId, size, message) => {
  const variables = [{ name: 'v', offset: 0, size, typeId, linkage: 'global' as const }]
  const access = variablesOf({ name: '.data', variables }, buildBtf(list), new Uint8Array(size))
  expect(() => access.get('v')).toThrow(message)
})

test('names that are not there', () => {
  expect(() => one(1).access.get('w')).toThrow(/no variable of .data w; did you mean v/)
  expect(() => withVariables(sampleObject(), { sep: 1 })).toThrow(/no variable sep; did you mean step/)
})

test('initial values of an object', () => {
  const sample = sampleObject()
  const changed = withVariables(sample, { step: 9, limit: 77, seen: 5n })
  const read = (map: ObjectMap | undefined, name: string) =>
    variablesOf(map ?? { name: '', variables: [] }, sample.btf ?? new Uint8Array(), map?.data ?? new Uint8Array()).get(
      name,
    )
  expect([read(changed.maps[2], 'step'), read(changed.maps[3], 'limit'), read(changed.maps[4], 'seen')]).toEqual([
    9,
    77,
    5n,
  ])
  expect(sample.maps).toEqual(sampleObject().maps)
  expect(withVariables(sample, {})).toBe(sample)
})

test('a list of initial values: of each section, the zeros too, not of what is static or the kernel’s', () => {
  const changed = withVariables(sampleObject(), { step: 9 })
  expect(firstValues(changed).map(({ name, kind, value }) => [name, kind, value])).toEqual([
    ['step', 'data', 9],
    ['total', 'data', expect.any(BigInt)],
    ['limit', 'rodata', 10],
    ['seen', 'bss', 0n],
  ])
  const maps = changed.maps.map((map) => ({
    ...map,
    variables: map.variables.map((one) => (one.name === 'limit' ? { ...one, linkage: 'static' as const } : one)),
  }))
  expect(firstValues({ ...changed, maps }).map(({ name }) => name)).toEqual(['step', 'total', 'seen'])
  const { btf, ...without } = changed
  expect([btf === undefined, firstValues(without)]).toEqual([false, []])
})
