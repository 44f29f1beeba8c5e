import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findType, parseBtf, parseBtfElf, resolveField } from '@tscc/btf'
import { type BpfObject, completeBtf, objectErrors, writeObject } from '@tscc/object'
import { afterAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { sampleObject } from './sample-object.ts'

const folder = mkdtempSync(join(tmpdir(), 'tscc-write-'))
afterAll(() => rmSync(folder, { recursive: true }))

const written = (object: BpfObject, name = 'sample'): string => {
  const file = join(folder, `${name}.bpf.o`)
  writeFileSync(file, writeObject(object))
  return file
}
const run = (tool: string, ...args: readonly string[]): string => execFileSync(tool, [...args], { encoding: 'utf8' })

test('the same object gives the same bytes', () => {
  expect(writeObject(sampleObject())).toEqual(writeObject(sampleObject()))
  expect(writeObject(sampleObject('big'))).toEqual(writeObject(sampleObject('big')))
})

test('the BTF is written as it is, once it has the strings of .BTF.ext', () => {
  const object = sampleObject()
  expect(completeBtf(object)).toBe(object)
  expect(parseBtfElf(writeObject(object)).bytes).toEqual(object.btf)
  const [first, ...others] = object.functions
  if (first === undefined) throw new Error('no function')
  const renamed = { ...object, functions: [{ ...first, section: 'socket/renamed' }, ...others] }
  const completed = completeBtf(renamed)
  expect(completed.btf?.length).toBe((object.btf?.length ?? 0) + 'socket/renamed'.length + 1)
  expect(completeBtf(completed)).toBe(completed)
  expect(writeObject(completed)).toEqual(writeObject(renamed))
})

test('what is missing or wrong has a name', () => {
  const object = sampleObject()
  const withFirst = (change: Partial<BpfObject['functions'][number]>): BpfObject => ({
    ...object,
    functions: object.functions.map((f, i) => (i === 0 ? { ...f, ...change } : f)),
  })
  const message = (bad: BpfObject): string => {
    try {
      writeObject(bad)
    } catch (error) {
      if (objectErrors.is(error)) return `${error.code} ${error.message}`
      throw error
    }
    return ''
  }
  expect(message({ ...object, btf: new Uint8Array(3) })).toBe(
    'object/bad-object btf: cannot be written: has only 3 bytes',
  )
  const { btf: _, ...bare } = object
  expect(message(bare)).toBe("object/missing-type section .maps: the object's BTF lacks DATASEC .maps")
  const [map, ...maps] = object.maps
  if (map === undefined) throw new Error('no map')
  expect(message({ ...object, maps: [{ ...map, name: 'other' }, ...maps] })).toBe(
    "object/missing-type .maps: other: the object's BTF lacks VAR other in DATASEC .maps",
  )
  expect(message(withFirst({ code: new Uint8Array(12) }))).toBe(
    'object/bad-object filter: cannot be written: its code has 12 bytes',
  )
  expect(message(withFirst({ relocations: [{ kind: 'map', at: 99, map: 0 }] }))).toBe(
    'object/bad-object filter: cannot be written: a relocation map is at slot 99 of 22',
  )
  expect(message(withFirst({ relocations: [{ kind: 'map', at: 0, map: 0 }] }))).toMatch('does not go with opcode 183')
  expect(message(withFirst({ relocations: [{ kind: 'map', at: 6, map: 2 }] }))).toBe(
    'object/bad-object a relocation of map 2: cannot be written: there is no such one',
  )
  expect(message(withFirst({ lines: [{ at: 0, file: 'a', text: '', line: 1 << 22, column: 0 }] }))).toBe(
    'object/bad-object filter: line: cannot be written: 4194304 is beyond 4194303',
  )
  expect(message(withFirst({ name: 'other' }))).toBe(
    'object/bad-object symbol other: cannot be written: is there twice',
  )
})

test('what only tscc knows is a line of JSON in .tscc', () => {
  const object = sampleObject()
  const [first, second, ...others] = object.functions
  if (first === undefined || second === undefined) throw new Error('no functions')
  const argument = { arity: 4, pointee: 'rate_sample', index: 3, name: 'rs' }
  const bytes = writeObject({
    ...object,
    functions: [
      { ...first, relocations: [...first.relocations, { kind: 'argument', at: 0, argument }] },
      { ...second, coreRelocations: second.coreRelocations.map((r) => ({ ...r, addend: 4 })) },
      ...others,
    ],
  })
  expect(Buffer.from(bytes).toString('latin1')).toContain(
    '{"version":1,"functions":[{"section":"socket","name":"filter","arguments":' +
      '[{"at":0,"argument":{"name":"rs","pointee":"rate_sample","index":3,"arity":4}}],"addends":[]},' +
      '{"section":"socket","name":"other","arguments":[],"addends":[{"at":0,"kind":"field_byte_offset","addend":4}]}]}\n',
  )
  expect(Buffer.from(writeObject(object)).toString('latin1')).not.toContain('.tscc')
})

describe.skipIf(!needs('llvm-objdump'))('LLVM reads it', () => {
  test.each(['little', 'big'] as const)('%s endian: instructions with their relocations', (endian) => {
    const file = written(sampleObject(endian), endian)
    const text = run('llvm-objdump', '-dr', '--no-show-raw-insn', file)
    const lines = text.split('\n').map((line) => line.trim().replace(/\s+/g, ' '))
    expect(lines.filter((line) => line.includes('R_BPF'))).toEqual([
      '0000000000000008: R_BPF_64_32 .text',
      '0000000000000020: R_BPF_64_32 thrice',
      '0000000000000030: R_BPF_64_64 counts',
      '0000000000000058: R_BPF_64_64 .data',
      '0000000000000070: R_BPF_64_64 .rodata',
      '0000000000000088: R_BPF_64_64 .bss',
      '0000000000000018: R_BPF_64_64 CONFIG_HZ',
    ])
    expect(text).toContain(`elf64-bpf`)
    expect(lines).toContain('0000000000000000 <filter>:')
    expect(lines).toContain('0000000000000018 <thrice>:')
    expect(run('llvm-objdump', '-r', file)).toMatch(
      /RECORDS FOR \[.maps\]:\n.*\n0000000000000040\s+R_BPF_64_ABS64\s+counts/,
    )
  })
})

describe.skipIf(!needs('bpftool'))('bpftool reads it', () => {
  test('BTF, and a skeleton', () => {
    const file = written(sampleObject())
    expect(run('bpftool', 'btf', 'dump', 'file', file)).toContain("DATASEC '.maps' size=72 vlen=2")
    const skeleton = run('bpftool', 'gen', 'skeleton', file)
    for (const part of [
      'struct bpf_map *counts;',
      'struct bpf_program *filter;',
      '} *data;',
      'unsigned long long seen;',
    ])
      expect(skeleton).toContain(part)
  })

  test('its linker takes it, and what comes out loads', () => {
    const file = written(sampleObject())
    const linked = join(folder, 'linked.bpf.o')
    run('bpftool', 'gen', 'object', linked, file)
    const btf = parseBtfElf(new Uint8Array(readFileSync(linked)))
    expect(findType(btf, 'task_struct', 'struct')).toBeDefined()
    expect(run('bpftool', 'gen', 'skeleton', linked)).toContain('struct bpf_program *other;')
  })
})

describe.skipIf(!needs('root', 'bpf', 'btf', 'bpftool'))('the kernel takes it from libbpf', () => {
  test('all programs load, with their maps, lines and relocations', () => {
    const file = written(sampleObject())
    const pins = `/sys/fs/bpf/tscc-write-${process.pid}`
    const { status, stderr } = spawnSync('bpftool', ['prog', 'loadall', file, pins], { encoding: 'utf8' })
    try {
      expect([status, stderr.replace(/^libbpf: elf: skipping.*\n/gm, '')]).toEqual([0, ''])
      const filter = run('bpftool', 'prog', 'dump', 'xlated', 'pinned', `${pins}/filter`, 'linum')
      expect(filter).toContain('; const a = twice(1) [file:sample.ts line_num:7 line_col:3]')
      expect(filter).toMatch(/map\[id:\d+\]\[0\]\+8/)
      const other = run('bpftool', 'prog', 'dump', 'xlated', 'pinned', `${pins}/other`)
      const kernel = parseBtf(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')))
      expect(other).toContain(`(b7) r0 = ${resolveField(kernel, 'task_struct', 'pid').offset}`)
    } finally {
      rmSync(pins, { recursive: true, force: true })
    }
  })
})
