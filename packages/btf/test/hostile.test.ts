import {
  alignOf,
  type Btf,
  type BtfType,
  buildBtf,
  declTags,
  enumValues,
  extractBtf,
  findType,
  findTypes,
  funcProto,
  kfuncs,
  membersOf,
  nameOf,
  parseBtf,
  parseBtfElf,
  resolveField,
  sizeOf,
  skipModifiers,
  structOpsTypes,
  typeCount,
  typeOf,
} from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arbitraryTypes } from './arbitrary-types.ts'
import { fixture } from './vmlinux.ts'

/** Run it; a typed error is as good as a value. */
function tolerate(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    if (!isTsccError(error)) throw error
  }
}

/** Ask everything there is to ask. */
function interrogate(btf: Btf): void {
  tolerate(() => findTypes(btf, ['tcp_sock', 'a', 'ab']))
  tolerate(() => findType(btf, 'tcp_sock', 'struct'))
  tolerate(() => structOpsTypes(btf))
  tolerate(() => kfuncs(btf))
  tolerate(() => extractBtf(btf, [1, 2], { depth: 2 }))
  let count = 0
  tolerate(() => {
    count = typeCount(btf)
  })
  for (let id = 0; id <= Math.min(count, 40) + 1; id++) {
    for (const ask of [typeOf, nameOf, sizeOf, alignOf, membersOf, enumValues, funcProto, skipModifiers, declTags])
      tolerate(() => ask(btf, id))
    tolerate(() => resolveField(btf, id, 'a[1].ab'))
  }
}

const started = () => performance.now()

test('random references, sizes and loops: errors or values, in bounded time', () => {
  fc.assert(
    fc.property(arbitraryTypes(true), (types) => {
      const start = started()
      interrogate(parseBtf(buildBtf(types)))
      expect(performance.now() - start).toBeLessThan(2000)
    }),
    { numRuns: 300 },
  )
})

test('mutated real BTF and ELF: errors or values, in bounded time', () => {
  const raw = fixture('tcp-6.18.btf')
  const object = fixture('kinds-le.o')
  const changes = fc.array(fc.tuple(fc.nat(1 << 15), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 })
  const change = (bytes: Uint8Array, edits: readonly (readonly [number, number])[], cut: number) => {
    const copy = new Uint8Array(bytes)
    for (const [at, value] of edits) copy[at % copy.length] = value
    return cut % 4 === 0 ? copy.subarray(0, copy.length - (cut % copy.length)) : copy
  }
  fc.assert(
    fc.property(changes, fc.nat(), (edits, cut) => {
      const start = started()
      tolerate(() => interrogate(parseBtf(change(raw, edits, cut))))
      tolerate(() => interrogate(parseBtfElf(change(object, edits, cut))))
      expect(performance.now() - start).toBeLessThan(2000)
    }),
    { numRuns: 150 },
  )
})

const code = (code: string) => expect.objectContaining({ code })
const header = (...words: readonly number[]) => {
  const bytes = new Uint8Array(new Uint32Array([0x0001eb9f, ...words]).buffer)
  return bytes
}

test('headers that lie', () => {
  const ok = buildBtf([{ kind: 'float', name: 'f', size: 4 }])
  const patch = (at: number, value: number) => {
    const copy = ok.slice()
    new DataView(copy.buffer).setUint32(at, value, true)
    return copy
  }
  expect(() => parseBtf(new Uint8Array())).toThrow(code('btf/truncated'))
  expect(() => parseBtf(header())).toThrow(code('btf/truncated'))
  expect(() => parseBtf(patch(0, 0x1234))).toThrow(code('btf/magic'))
  expect(() => parseBtf(patch(0, 0x0002eb9f))).toThrow(code('btf/unsupported'))
  expect(() => parseBtf(patch(0, 0x0101eb9f))).toThrow(code('btf/unsupported'))
  expect(() => parseBtf(patch(4, 20))).toThrow(code('btf/unsupported'))
  expect(() => parseBtf(patch(4, 0xffff_ffff))).toThrow(code('btf/truncated'))
  expect(() => parseBtf(patch(8, 0xffff_fff0))).toThrow(code('btf/truncated'))
  expect(() => parseBtf(patch(12, 11))).toThrow(code('btf/unsupported'))
  expect(() => parseBtf(patch(20, 0))).toThrow(code('btf/unsupported'))
  expect(() => parseBtf(patch(20, 2))).toThrow(code('btf/unsupported'))
  for (let length = 0; length < ok.length; length++)
    expect(() => typeCount(parseBtf(ok.subarray(0, length)))).toThrow(expect.objectContaining({ name: 'TsccError' }))
})

test('a longer header than ours is skipped by its length', () => {
  const types: readonly BtfType[] = [{ kind: 'float', name: 'f', size: 4 }]
  const known = buildBtf(types, { layout: true })
  const longer = new Uint8Array(known.length + 8)
  longer.set(known.subarray(0, 32))
  longer.fill(0xee, 32, 40)
  longer.set(known.subarray(32), 40)
  new DataView(longer.buffer).setUint32(4, 40, true)
  expect(typeOf(parseBtf(longer), 1)).toEqual(types[0])
})

test('an unknown kind is stepped over with a layout, and an error without', () => {
  const types: readonly BtfType[] = [
    { kind: 'unknown', name: 'new', kindNumber: 20, kindFlag: true, vlen: 2, words: [7, 8, 9, 10] },
    { kind: 'float', name: 'f', size: 4 },
  ]
  const bare = buildBtf(types)
  expect(() => typeCount(parseBtf(bare))).toThrow(code('btf/unknown-kind'))
  expect(() => typeOf(parseBtf(bare), 2)).toThrow(code('btf/unknown-kind'))
  const declared = withLayout(bare, 20, 4, 4)
  const btf = parseBtf(declared)
  expect([typeOf(btf, 1), typeOf(btf, 2)]).toEqual(types)
  expect(findType(btf, 'new')).toBe(1)
  expect(sizeOf(btf, 2)).toBe(4)
  expect(() => sizeOf(btf, 1)).toThrow(code('btf/no-size'))
  expect(() => parseBtf(withLayout(bare, 20, 3, 4))).toThrow(code('btf/bad-layout'))
  // A kind that we know, with a length that we do not: never misread.
  const grown = withLayout(
    buildBtf([{ kind: 'unknown', name: 'x', kindNumber: 16, kindFlag: false, vlen: 0, words: [4, 5] }]),
    16,
    4,
    0,
  )
  expect(typeOf(parseBtf(grown), 1)).toMatchObject({ kind: 'unknown', words: [4, 5] })
})

/** Add a layout section with our kinds and one more row. */
function withLayout(bare: Uint8Array, kind: number, infoSize: number, elementSize: number): Uint8Array {
  const model = buildBtf([], { layout: true })
  const rows = model.slice(32, model.length - 1)
  const layout = new Uint8Array(Math.max(rows.length, (kind + 1) * 4))
  layout.set(rows)
  layout.set([infoSize, elementSize], kind * 4)
  const view = new DataView(bare.buffer)
  const [typeLength, stringLength] = [view.getUint32(12, true), view.getUint32(20, true)]
  const head = header(32, 0, typeLength, typeLength + layout.length, stringLength, typeLength, layout.length)
  return Uint8Array.from([...head, ...bare.subarray(24, 24 + typeLength), ...layout, ...bare.subarray(24 + typeLength)])
}

test('chains and structs that contain themselves', () => {
  const btf = parseBtf(
    buildBtf([
      { kind: 'typedef', name: 'a', typeId: 2 },
      { kind: 'const', name: '', typeId: 1 },
      { kind: 'array', name: '', typeId: 3, indexTypeId: 3, length: 2 },
      { kind: 'struct', name: 's', size: 8, members: [{ name: '', typeId: 4, bitOffset: 0, bitSize: 0 }] },
      { kind: 'struct', name: 't', size: 8, members: [{ name: 't', typeId: 5, bitOffset: 0, bitSize: 0 }] },
      { kind: 'ptr', name: '', typeId: 99 },
    ]),
  )
  expect(() => sizeOf(btf, 1)).toThrow(code('btf/too-deep'))
  expect(() => sizeOf(btf, 3)).toThrow(code('btf/too-deep'))
  expect(() => membersOf(btf, 4)).toThrow(code('btf/too-deep'))
  expect(() => alignOf(btf, 5)).toThrow(code('btf/too-deep'))
  expect(() => resolveField(btf, 5, 'x')).toThrow(code('btf/unknown-field'))
  expect(() => funcProto(btf, 6)).toThrow(code('btf/bad-type-id'))
  expect(() => typeOf(btf, 1.5)).toThrow(code('btf/bad-type-id'))
  expect(() => typeOf(btf, -1)).toThrow(code('btf/bad-type-id'))
})

test('a doubling nest of anonymous structs is given up, not walked', () => {
  const levels = 31
  const types: BtfType[] = [{ kind: 'float', name: 'f', size: 4 }]
  for (let id = 1; id <= levels; id++) {
    const half = { name: '', typeId: id, bitOffset: 0, bitSize: 0 }
    types.push({ kind: 'struct', name: '', size: 4, members: id === 1 ? [{ ...half, name: 'f' }] : [half, half] })
  }
  const btf = parseBtf(buildBtf(types))
  const start = started()
  expect(() => membersOf(btf, levels + 1)).toThrow(code('btf/too-large'))
  expect(alignOf(btf, levels + 1)).toBe(4)
  expect(performance.now() - start).toBeLessThan(1000)
})

test('a huge vlen, and names outside the strings', () => {
  const bytes = buildBtf([
    { kind: 'struct', name: 's', size: 4, members: [] },
    { kind: 'float', name: 'f', size: 4 },
  ])
  const view = new DataView(bytes.buffer)
  view.setUint32(28, (4 << 24) | 0xff_ffff, true)
  expect(() => typeOf(parseBtf(bytes), 1)).toThrow(code('btf/truncated'))
  view.setUint32(28, 4 << 24, true)
  view.setUint32(24, 0xffff_fff0, true)
  const btf = parseBtf(bytes)
  expect(() => nameOf(btf, 1)).toThrow(code('btf/bad-string'))
  expect(findType(btf, 'f')).toBe(2)
})

test('what stands before a bad record can still be read', () => {
  const bytes = buildBtf([
    { kind: 'float', name: 'good', size: 4 },
    { kind: 'unknown', name: 'bad', kindNumber: 100, kindFlag: false, vlen: 0, words: [0] },
  ])
  const btf = parseBtf(bytes)
  expect(() => typeOf(btf, 2)).toThrow(code('btf/unknown-kind'))
  expect(typeOf(btf, 1)).toMatchObject({ name: 'good' })
  expect(() => typeOf(btf, 2)).toThrow(code('btf/unknown-kind'))
})
