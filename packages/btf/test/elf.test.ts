import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  alignOf,
  type Btf,
  btfErrors,
  buildBtf,
  declTags,
  enumValues,
  findType,
  funcProto,
  membersOf,
  parseBtfElf,
  resolveField,
  sizeOf,
  typeOf,
} from '@tscc/btf'
import { expect, test } from 'vitest'
import { fixture, runTool } from './vmlinux.ts'

const source = new URL('./fixtures/kinds.c', import.meta.url).pathname
const hasClang = runTool('clang', ['--version']) !== undefined

/** `data` is the `.data` section: `struct bits { 5, -2, 0x123456789a, 17, 1 }` as clang laid it out. */
const littleEndian = { file: 'kinds-le.o', little: true, data: [0xf5, 0x6b, 0xe2, 0x59, 0xd1, 0x48, 0xc4, 0] }
const bigEndian = { file: 'kinds-be.o', little: false, data: [0xbf, 0x84, 0x8d, 0x15, 0x9e, 0x26, 0xa3, 0] }

test.each([littleEndian, bigEndian])('$file: sizes, bitfields, prototypes and tags as in the source', (object) => {
  const btf = parseBtfElf(fixture(object.file))
  expect(btf.littleEndian).toBe(object.little)
  checkKinds(btf)
  const read = (name: string): bigint => {
    const { offset, size, signed, bitfield } = resolveField(btf, 'bits', name)
    const bytes = object.data.slice(offset, offset + size)
    if (object.little) bytes.reverse()
    const load = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
    const width = bitfield?.bitSize ?? size * 8
    const value = (load >> BigInt(bitfield?.shift ?? 0)) & ((1n << BigInt(width)) - 1n)
    return signed ? BigInt.asIntN(width, value) : value
  }
  expect(['x', 'y', 'z', 'w', 'f'].map(read)).toEqual([5n, -2n, 0x123456789an, 17n, 1n])
})

test.skipIf(!hasClang)('an object of the installed clang (needs clang)', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tscc-btf-'))
  try {
    execFileSync('clang', ['-target', 'bpf', '-g', '-O1', '-c', source, '-o', join(dir, 'kinds.o')], { stdio: 'pipe' })
    checkKinds(parseBtfElf(readFileSync(join(dir, 'kinds.o'))))
  } finally {
    rmSync(dir, { recursive: true })
  }
})

function checkKinds(btf: Btf): void {
  const id = (name: string) => findType(btf, name) ?? 0
  expect(sizeOf(btf, id('outer'))).toBe(104)
  expect([alignOf(btf, id('outer')), alignOf(btf, id('pk')), sizeOf(btf, id('pk'))]).toEqual([8, 1, 9])
  expect(membersOf(btf, id('inner')).map((m) => [m.name, m.bitOffset / 8])).toEqual([
    ['a', 0],
    ['b', 8],
    ['c', 8],
    ['d', 10],
  ])
  expect(resolveField(btf, 'outer', 'in.d')).toMatchObject({ offset: 10, size: 2, signed: true })
  expect(resolveField(btf, 'outer', 'd')).toMatchObject({ offset: 10, path: 'in.d' })
  expect(resolveField(btf, 'outer', 'grid[1][2]')).toMatchObject({ offset: 48 + 20, size: 4 })
  expect(resolveField(btf, 'outer', 'grid[1]')).toMatchObject({ kind: 'array', offset: 60, size: 12 })
  expect(resolveField(btf, 'outer', 'tail[5]')).toMatchObject({ offset: 109, size: 1 })
  for (const [path, code] of [
    ['grid[2]', 'btf/bad-index'],
    ['next.in', 'btf/not-a-struct'],
    ['color[0]', 'btf/not-an-array'],
    ['in..a', 'btf/bad-path'],
    ['', 'btf/bad-path'],
    ['in.', 'btf/bad-path'],
    ['in.e', 'btf/unknown-field'],
  ] as const)
    expect(() => resolveField(btf, 'outer', path)).toThrow(expect.objectContaining({ code }))
  expect(enumValues(btf, id('color'))).toEqual([
    { name: 'RED', value: 0 },
    { name: 'GREEN', value: 7 },
  ])
  const callback = membersOf(btf, id('outer')).find((m) => m.name === 'cb')
  expect(funcProto(btf, callback?.typeId ?? 0)).toMatchObject({ variadic: true, params: [{}, {}] })
  expect(funcProto(btf, id('work')).params.map((p) => p.name)).toEqual(['o', 'n'])
  expect(declTags(btf, id('work'))).toMatchObject([{ tag: 'arg', component: 1 }])
  expect(declTags(btf, id('counter'))).toMatchObject([{ tag: 'tagged', component: -1 }])
  expect(typeOf(btf, id('missing'))).toMatchObject({ kind: 'func', linkage: 'extern' })
  expect(typeOf(btf, id('.data.c'))).toMatchObject({ kind: 'datasec', vars: [{ size: 4 }] })
}

/** The least ELF with one section besides the names. */
function elf(wide: boolean, little: boolean, name: string, content: Uint8Array): Uint8Array {
  const names = new TextEncoder().encode(`\0${name}\0.shstrtab\0`)
  const [headerSize, entrySize] = wide ? [64, 64] : [52, 40]
  const bytes = new Uint8Array(headerSize + names.length + content.length + 3 * entrySize)
  const view = new DataView(bytes.buffer)
  const word = (at: number, value: number) => {
    if (wide) view.setBigUint64(at, BigInt(value), little)
    else view.setUint32(at, value, little)
  }
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1])
  const table = headerSize + names.length + content.length
  word(wide ? 40 : 32, table)
  const [shentsize, shnum, shstrndx] = wide ? [58, 60, 62] : [46, 48, 50]
  view.setUint16(shentsize, entrySize, little)
  view.setUint16(shnum, 3, little)
  view.setUint16(shstrndx, 2, little)
  bytes.set(names, headerSize)
  bytes.set(content, headerSize + names.length)
  const section = (index: number, nameAt: number, offset: number, size: number) => {
    const at = table + index * entrySize
    view.setUint32(at, nameAt, little)
    view.setUint32(at + 4, 1, little)
    word(at + (wide ? 24 : 16), offset)
    word(at + (wide ? 32 : 20), size)
  }
  section(1, 1, headerSize + names.length, content.length)
  section(2, name.length + 2, headerSize, names.length)
  return bytes
}

test.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('ELF of both classes and byte orders (64-bit %s, little endian %s)', (wide, little) => {
  const content = buildBtf([{ kind: 'ptr', name: '', typeId: 0 }], { littleEndian: little })
  const btf = parseBtfElf(elf(wide, little, '.BTF', content))
  expect(typeOf(btf, 1)).toEqual({ kind: 'ptr', name: '', typeId: 0 })
  expect(sizeOf(btf, 1)).toBe(wide ? 8 : 4)
  expect(() => parseBtfElf(elf(wide, little, '.BTFx', content))).toThrow(
    expect.objectContaining({ code: 'btf/no-btf-section' }),
  )
  const whole = elf(wide, little, '.BTF', content)
  for (let length = 0; length < whole.length; length++)
    expect(() => parseBtfElf(whole.subarray(0, length))).toThrow(expect.objectContaining({ name: 'TsccError' }))
  expect(btfErrors.codes).toContain('btf/bad-elf')
})
