import { type BtfType, buildBtf, encodeBtf, findType, parseBtf, sortTypes, typeCount, typeOf } from '@tscc/btf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arbitraryTypes } from './arbitrary-types.ts'
import { fixture } from './vmlinux.ts'

const options = fc.record({ littleEndian: fc.boolean(), layout: fc.boolean() })
const all = (bytes: Uint8Array): readonly BtfType[] => {
  const btf = parseBtf(bytes)
  return Array.from({ length: typeCount(btf) }, (_, i) => typeOf(btf, i + 1))
}

test('what is built is what is read, every kind, both byte orders, with and without layout', () => {
  fc.assert(
    fc.property(arbitraryTypes(), options, (types, how) => {
      const bytes = buildBtf(types, how)
      expect(all(bytes)).toEqual(types)
      expect(encodeBtf(parseBtf(bytes))).toEqual(bytes)
      const other = encodeBtf(parseBtf(bytes), { littleEndian: !how.littleEndian })
      expect(other).toEqual(buildBtf(types, { ...how, littleEndian: !how.littleEndian }))
    }),
  )
})

test('bytes at any alignment read the same', () => {
  const bytes = fixture('tcp-6.18.btf')
  for (const shift of [1, 2, 3]) {
    const moved = new Uint8Array(bytes.length + shift)
    moved.set(bytes, shift)
    expect(all(moved.subarray(shift))).toEqual(all(bytes))
  }
  expect(encodeBtf(parseBtf(bytes))).toEqual(new Uint8Array(bytes))
})

test('values that do not fit are refused', () => {
  const bad: readonly BtfType[] = [
    { kind: 'ptr', name: '', typeId: -1 },
    { kind: 'ptr', name: '', typeId: 2 ** 32 },
    { kind: 'float', name: 'x', size: 1.5 },
    { kind: 'enum', name: 'e', size: 4, signed: true, values: [{ name: 'a', value: 2 ** 31 }] },
    { kind: 'enum64', name: 'e', size: 8, signed: false, values: [{ name: 'a', value: -1n }] },
    { kind: 'struct', name: 's', size: 4, members: [{ name: 'a', typeId: 1, bitOffset: 2 ** 24, bitSize: 1 }] },
    { kind: 'int', name: 'i', size: 4, bits: 256, bitOffset: 0, signed: false, char: false, bool: false },
  ]
  for (const type of bad) expect(() => buildBtf([type])).toThrow(expect.objectContaining({ code: 'btf/out-of-range' }))
  expect(() => buildBtf([{ kind: 'float', name: 'a\0b', size: 4 }])).toThrow(
    expect.objectContaining({ code: 'btf/bad-name' }),
  )
  expect(() => buildBtf([{ kind: 'void', name: '' }])).toThrow(expect.objectContaining({ code: 'btf/unsupported' }))
})

test('split BTF: ids and strings go on where the base ends', () => {
  const int: BtfType = {
    kind: 'int',
    name: 'int',
    size: 4,
    bits: 32,
    bitOffset: 0,
    signed: true,
    char: false,
    bool: false,
  }
  for (const littleEndian of [true, false]) {
    const base = parseBtf(buildBtf([int, { kind: 'ptr', name: '', typeId: 1 }], { littleEndian }))
    const own: readonly BtfType[] = [
      { kind: 'typedef', name: 'mine', typeId: 2 },
      { kind: 'struct', name: 'int', size: 8, members: [{ name: 'p', typeId: 3, bitOffset: 0, bitSize: 0 }] },
    ]
    const split = parseBtf(buildBtf(own, { base }), { base })
    expect([split.firstId, typeCount(split), split.littleEndian]).toEqual([3, 4, littleEndian])
    expect([1, 2, 3, 4].map((id) => typeOf(split, id).name)).toEqual(['int', '', 'mine', 'int'])
    expect([findType(split, 'int'), findType(split, 'int', 'struct'), findType(split, 'mine')]).toEqual([1, 4, 3])
    expect(typeOf(split, 4)).toEqual(own[1])
    expect(encodeBtf(split)).toEqual(buildBtf(own, { base }))
    // A name that the base has is not stored twice by the kernel's tools: point into the base's strings.
    const shared = buildBtf([{ kind: 'typedef', name: '', typeId: 1 }], { base })
    new DataView(shared.buffer).setUint32(24, 1, littleEndian)
    expect(findType(parseBtf(shared, { base }), 'int', 'typedef')).toBe(3)
    expect(typeOf(parseBtf(shared, { base }), 3)).toEqual({ kind: 'typedef', name: 'int', typeId: 1 })
  }
})

test('sorted BTF finds the same types as unsorted BTF', () => {
  const types = all(fixture('tcp-6.18.btf'))
  const sorted = sortTypes(types)
  const names = sorted.map((type) => type.name)
  expect(names.indexOf('')).toBe(0)
  const bytes = buildBtf(sorted)
  const named = [...new Set(names)].filter((name) => name !== '')
  for (const name of named) {
    const btf = parseBtf(bytes)
    expect(findType(btf, name)).toBe(names.indexOf(name) + 1)
    expect(btf.state.names.built).toBe(false)
    const kind = sorted[names.lastIndexOf(name)]?.kind
    if (kind !== undefined && kind !== 'void' && kind !== 'unknown')
      expect(findType(btf, name, kind)).toBe(sorted.findIndex((type) => type.name === name && type.kind === kind) + 1)
  }
  expect(findType(parseBtf(bytes), 'aaa')).toBeUndefined()
})

test('property: a sorted list keeps its meaning', () => {
  fc.assert(
    fc.property(arbitraryTypes(), (types) => {
      const sorted = sortTypes(types)
      expect(sorted.map((type) => type.kind).sort()).toEqual(types.map((type) => type.kind).sort())
      const btf = parseBtf(buildBtf(sorted))
      const plain = parseBtf(buildBtf(types))
      for (const { name } of types) {
        if (name === '') continue
        expect(typeOf(btf, findType(btf, name) ?? 0).kind).toBe(typeOf(plain, findType(plain, name) ?? 0).kind)
      }
    }),
  )
})

test('a name may be the end of another one in the string section', () => {
  const bytes = buildBtf([
    { kind: 'float', name: 'long_name', size: 8 },
    { kind: 'float', name: '', size: 4 },
  ])
  new DataView(bytes.buffer).setUint32(24 + 12, 6, true)
  expect(findType(parseBtf(bytes), 'name')).toBe(2)
  expect(findType(parseBtf(bytes), 'long_name')).toBe(1)
  expect(findType(parseBtf(bytes), 'ame')).toBeUndefined()
})
