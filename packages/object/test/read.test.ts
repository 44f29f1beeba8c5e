import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findType, parseBtf, typeOfKind } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { type BpfObject, completeBtf, objectErrors, readObject, writeObject } from '@tscc/object'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { sampleObject } from './sample-object.ts'

const path = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)))
const fixtures = ['kinds.bpf.o', 'kinds-be.bpf.o'] as const

const functionOf = (object: BpfObject, name: string) => {
  const found = object.functions.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no function ${name}`)
  return found
}

test.each(['little', 'big'] as const)('what writeObject wrote comes back, %s endian', (endian) => {
  const object = completeBtf(sampleObject(endian))
  expect(readObject(writeObject(object))).toEqual(object)
})

test.each(fixtures)('%s: what clang made', (name) => {
  const object = readObject(fixture(name))
  expect(object.endian).toBe(name.includes('-be') ? 'big' : 'little')
  expect(object.license).toBe('GPL')
  expect(object.functions.map((one) => `${one.section} ${one.name} ${one.linkage}`)).toEqual([
    '.text global_helper global',
    '.text each static',
    '.text helper static',
    'socket other global',
    'socket first global',
    '?fentry/tcp_ack off global',
  ])
  const names = object.maps.map((map) => map.name)
  const first = functionOf(object, 'first')
  expect(
    first.relocations.map((one) => {
      switch (one.kind) {
        case 'map':
          return `map ${names[one.map]}`
        case 'mapValue':
          return `${names[one.map]}+${one.offset}`
        case 'extern':
          return `extern ${object.externs[one.extern]?.name}`
        case 'argument':
          return 'argument'
        default:
          return `${one.kind} ${object.functions[one.function]?.name}`
      }
    }),
  ).toEqual([
    'map inner_map',
    'map by_name',
    'function each',
    'map programs',
    '.rodata+0',
    'extern init_task',
    'call helper',
    'extern CONFIG_HZ',
    'call global_helper',
    '.data.named+0',
    'extern LINUX_KERNEL_VERSION',
  ])
  expect(functionOf(object, 'off').coreRelocations.map(({ kind, access }) => `${kind} ${access}`)).toEqual([
    'field_byte_offset 0:1',
    'field_exists 0:0',
    'type_exists 0',
    'enumval_value 1',
  ])
  for (const one of object.functions) {
    expect(one.lines.length).toBeGreaterThan(0)
    expect(one.lines[0]?.file).toMatch(/kinds\.bpf\.c$/)
    expect(one.lines.every((line) => line.at < one.code.length / 8)).toBe(true)
  }
})

test.each(fixtures)('%s: maps, declared and of data', (name) => {
  const { maps } = readObject(fixture(name))
  const rows = maps.map((map) => [map.name, map.type, map.keySize, map.valueSize, map.maxEntries, map.flags])
  expect(rows).toEqual([
    ['inner_map', 2, 4, 8, 4, 0],
    ['outer', 12, 4, 4, 2, 0],
    ['programs', 3, 4, 4, 3, 0],
    ['by_name', 1, 8, 16, 100, 1],
    ['.data', 2, 4, 4, 1, 1 << 10],
    ['.rodata', 2, 4, 4, 1, (1 << 10) | (1 << 7)],
    ['.data.named', 2, 4, 8, 1, 1 << 10],
    ['.bss', 2, 4, 16, 1, 1 << 10],
    ['.kconfig', 2, 4, 8, 1, (1 << 10) | (1 << 7)],
  ])
  const byName = new Map(maps.map((map) => [map.name, map]))
  expect(byName.get('outer')?.inner).toMatchObject({ type: 2, keySize: 4, valueSize: 8, maxEntries: 4 })
  expect(byName.get('outer')?.slots).toEqual([{ index: 1, kind: 'map', target: 0 }])
  expect(byName.get('programs')?.slots).toEqual([{ index: 2, kind: 'function', target: 3 }])
  expect(byName.get('by_name')?.pinning).toBe('byName')
  expect(byName.get('.bss')?.variables.map(({ name, offset, size, linkage }) => [name, offset, size, linkage])).toEqual(
    [
      ['hidden_counter', 0, 4, 'static'],
      ['counter', 8, 8, 'global'],
    ],
  )
  expect(byName.get('.bss')?.data).toEqual(new Uint8Array(0))
  const tunable = byName.get('.rodata')?.data ?? new Uint8Array(4)
  expect(new DataView(tunable.buffer).getUint32(0, name === 'kinds.bpf.o')).toBe(42)
})

test.each(fixtures)('%s: externs', (name) => {
  expect(readObject(fixture(name)).externs.map((one) => [one.name, one.kind, one.weak, one.offset])).toEqual([
    ['bpf_no_such_kfunc', 'kfunc', true, undefined],
    ['init_task', 'ksym', true, undefined],
    ['CONFIG_HZ', 'kconfig', false, 0],
    ['LINUX_KERNEL_VERSION', 'kconfig', false, 4],
    ['bpf_prog_active', 'ksym', true, undefined],
  ])
})

test.each(fixtures)('%s: the BTF has the places that clang left to the linker', (name) => {
  const { btf: bytes } = readObject(fixture(name))
  const btf = parseBtf(bytes ?? new Uint8Array(0))
  const bss = typeOfKind(btf, findType(btf, '.bss', 'datasec') ?? 0, 'datasec')
  expect([bss.size, bss.vars.map(({ offset, size }) => [offset, size])]).toEqual([
    16,
    [
      [0, 4],
      [8, 8],
    ],
  ])
})

describe.skipIf(!needs('bpftool', 'clang'))('objects of this machine’s tools', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-read-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const made = (name: string, ...args: readonly string[]): BpfObject => {
    const file = join(folder, name)
    execFileSync('clang', [
      '-target',
      'bpf',
      '-O2',
      '-Wno-ignored-attributes',
      ...args,
      '-c',
      path('kinds.bpf.c'),
      '-o',
      file,
    ])
    return readObject(readFileSync(file))
  }

  test.each(['v1', 'v2', 'v3'])('clang -mcpu=%s', (cpu) => {
    expect(made(`${cpu}.o`, '-g', `-mcpu=${cpu}`).functions.map((one) => one.name)).toHaveLength(6)
  })

  test('bpftool’s linker keeps the meaning', () => {
    const before = made('before.o', '-g')
    execFileSync('bpftool', ['gen', 'object', join(folder, 'after.o'), join(folder, 'before.o')])
    const after = readObject(readFileSync(join(folder, 'after.o')))
    const summary = (object: BpfObject) => ({
      functions: object.functions.map((one) => [one.section, one.name, one.code.length, one.relocations.length]).sort(),
      maps: object.maps.map((map) => [map.name, map.type, map.valueSize, map.slots.length]).sort(),
      externs: object.externs.map(({ name, kind, weak }) => [name, kind, weak]).sort(),
      core: object.functions.map((one) => one.coreRelocations.map(({ kind, access }) => [kind, access])).sort(),
    })
    expect(summary(after)).toEqual(summary(before))
  })

  test('maps and programs are those that bpftool’s skeleton has', () => {
    const skeleton = execFileSync('bpftool', ['gen', 'skeleton', path('kinds.bpf.o')], { encoding: 'utf8' })
    const names = (pattern: RegExp) => [...skeleton.matchAll(pattern)].map((match) => match[1]).sort()
    const object = readObject(fixture('kinds.bpf.o'))
    expect(names(/struct bpf_program \*(\w+);/g)).toEqual(
      object.functions
        .filter((one) => one.section !== '.text')
        .map((one) => one.name)
        .sort(),
    )
    const plain = (name: string) => name.replace(/^\./, '').replaceAll('.', '_')
    expect(names(/struct bpf_map \*(\w+);/g)).toEqual(object.maps.map((map) => plain(map.name)).sort())
  })
})

describe('hostile files', () => {
  const tolerate = (bytes: Uint8Array): void => {
    try {
      readObject(bytes)
    } catch (error) {
      if (!isTsccError(error)) throw error
    }
  }
  const seeds = [...fixtures.map(fixture), writeObject(sampleObject())]

  test('cut anywhere', () => {
    for (const seed of seeds) for (let at = 0; at < seed.length; at += 37) tolerate(seed.subarray(0, at))
  })

  test('with changed bytes and words: a value or a typed error', () => {
    const change = fc.record({ at: fc.nat(1 << 16), value: fc.oneof(fc.nat(255), fc.integer()), wide: fc.boolean() })
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 6 }), (seed, changes) => {
        const bytes = seed.slice()
        const view = new DataView(bytes.buffer)
        for (const { at, value, wide } of changes)
          if (wide) view.setInt32((at % (bytes.length - 4)) & ~3, value, true)
          else bytes[at % bytes.length] = value
        tolerate(bytes)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['other bytes', () => new Uint8Array(80), 'not a BPF object, found 00000000, want 7f454c46'],
    ['another machine', () => changed(18, 62), 'e_machine'],
    ['another class', () => changed(4, 1), 'EI_CLASS'],
    ['an executable', () => changed(16, 2), 'e_type'],
  ])('%s is refused by name', (_, bytes, message) => {
    expect(() => readObject(bytes())).toThrow(message)
  })

  function changed(at: number, value: number): Uint8Array {
    const bytes = fixture('kinds.bpf.o')
    bytes[at] = value
    return bytes
  }

  test('the errors are this package’s', () => {
    expect(() => readObject(changed(18, 62))).toThrow(expect.objectContaining({ code: 'object/not-elf' }))
    expect(objectErrors.is(new Error('x'), 'object/not-elf')).toBe(false)
  })
})
