import { type BtfType, buildBtf, diffBtf, isInDiff, parseBtf, rawText, typeCount, typeText } from '@tscc/btf'
import { expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { fixture, runTool } from './vmlinux.ts'

const int = (name: string, size: number): BtfType => ({
  kind: 'int',
  name,
  size,
  bits: 8 * size,
  bitOffset: 0,
  signed: false,
  char: false,
  bool: false,
})
const member = (name: string, typeId: number, bitOffset: number, bitSize = 0) => ({ name, typeId, bitOffset, bitSize })
const parse = (types: readonly BtfType[]) => parseBtf(buildBtf(types))
const base = [int('u32', 4), int('u8', 1)]

test('members that came, went, moved and changed; types that are in one only', () => {
  const before = parse([
    ...base,
    { kind: 'struct', name: 's', size: 12, members: [member('a', 1, 0), member('b', 2, 32), member('c', 1, 64)] },
    { kind: 'struct', name: 'gone', size: 4, members: [member('x', 1, 0)] },
    { kind: 'struct', name: 'same', size: 4, members: [member('x', 1, 0, 3)] },
    { kind: 'enum', name: 'e', size: 4, signed: false, values: [{ name: 'ONE', value: 1 }] },
  ])
  const after = parse([
    ...base,
    { kind: 'struct', name: 's', size: 16, members: [member('a', 2, 0), member('c', 1, 96), member('d', 1, 64)] },
    { kind: 'struct', name: 'same', size: 4, members: [member('x', 1, 0, 3)] },
    { kind: 'enum', name: 'e', size: 4, signed: false, values: [{ name: 'ONE', value: 2 }] },
    { kind: 'union', name: 'fresh', size: 1, members: [member('x', 2, 0)] },
  ])
  expect(diffBtf(before, after)).toEqual([
    { name: 'gone', kind: 'struct', change: 'removed', from: 4, members: [] },
    {
      name: 's',
      kind: 'struct',
      change: 'changed',
      from: 12,
      to: 16,
      members: [
        { member: 'a', change: 'retyped', from: { bitOffset: 0, type: 'u32' }, to: { bitOffset: 0, type: 'u8' } },
        { member: 'b', change: 'removed', from: { bitOffset: 32, type: 'u8' } },
        { member: 'c', change: 'moved', from: { bitOffset: 64, type: 'u32' }, to: { bitOffset: 96, type: 'u32' } },
        { member: 'd', change: 'added', to: { bitOffset: 64, type: 'u32' } },
      ],
    },
    { name: 'fresh', kind: 'union', change: 'added', to: 1, members: [] },
    expect.objectContaining({ name: 'e', change: 'changed' }),
  ])
  expect(diffBtf(before, after, ['same'])).toEqual([])
  expect([isInDiff(before, 'gone'), isInDiff(before, 'fresh'), isInDiff(before, 'u32')]).toEqual([true, false, false])
})

test('types in the words of C', () => {
  const btf = parse([
    ...base,
    { kind: 'struct', name: 'sock', size: 0, members: [] },
    { kind: 'const', name: '', typeId: 3 },
    { kind: 'ptr', name: '', typeId: 4 },
    { kind: 'ptr', name: '', typeId: 5 },
    { kind: 'array', name: '', typeId: 2, indexTypeId: 1, length: 16 },
    { kind: 'func_proto', name: '', returnTypeId: 0, params: [{ name: 'sk', typeId: 5 }] },
    { kind: 'ptr', name: '', typeId: 8 },
    { kind: 'ptr', name: '', typeId: 10 },
  ])
  expect([0, 5, 6, 7, 9].map((id) => typeText(btf, id))).toEqual([
    'void',
    'const struct sock *',
    'const struct sock **',
    'u8[16]',
    'void (*)(const struct sock *)',
  ])
  expect(typeText(btf, 10)).toContain('…')
})

test.skipIf(!needs('bpftool'))('raw text is bpftool’s', () => {
  const path = new URL('fixtures/tcp-6.18.btf', import.meta.url).pathname
  const theirs = runTool('bpftool', ['btf', 'dump', 'file', path, 'format', 'raw'])
  const btf = parseBtf(fixture('tcp-6.18.btf'))
  const ours = Array.from({ length: typeCount(btf) }, (_, i) => rawText(btf, i + 1)).join('\n')
  expect(ours).toBe(theirs?.trimEnd())
})
