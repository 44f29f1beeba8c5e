import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Btf, type BtfType, btfErrors, buildBtf, declareC, parseBtf } from '@tscc/btf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { layoutAsserts } from './c-check.ts'

const fixture = new Uint8Array(readFileSync(new URL('fixtures/tcp-6.18.btf', import.meta.url)))

/** Compile the declarations together with assertions on every size and offset. */
function compile(compiler: 'gcc' | 'clang', btf: Btf, header = declareC(btf)): void {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-declare-c-'))
  try {
    const file = join(folder, 'declared.c')
    writeFileSync(file, header + layoutAsserts(btf))
    const target = compiler === 'clang' ? ['-target', 'bpf', '-Wno-visibility'] : []
    execFileSync(compiler, [...target, '-std=gnu11', '-fsyntax-only', file], { stdio: 'pipe', maxBuffer: 1 << 26 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const int = (name: string, size: number, signed = false): BtfType => ({
  kind: 'int',
  name,
  size,
  bits: 8 * size,
  bitOffset: 0,
  signed,
  char: false,
  bool: false,
})
type Member = readonly [name: string, typeId: number, bitOffset: number, bitSize?: number]
const struct = (name: string, size: number, ...members: readonly Member[]): BtfType => ({
  kind: 'struct',
  name,
  size,
  members: members.map(([member, typeId, bitOffset, bitSize = 0]) => ({ name: member, typeId, bitOffset, bitSize })),
})
const union = (name: string, size: number, ...members: readonly Member[]): BtfType =>
  ({
    ...struct(name, size, ...members),
    kind: 'union',
  }) as BtfType // the same shape under the other kind
const built = (...types: readonly BtfType[]): Btf => parseBtf(buildBtf(types))

/** Ids 1 to 5 of every hand-made BTF. */
const base = [
  int('int', 4, true),
  int('unsigned int', 4),
  int('char', 1),
  int('long unsigned int', 8),
  int('short unsigned int', 2),
] as const
const INT = 1
const U32 = 2
const CHAR = 3
const U64 = 4
const U16 = 5

const shapes: Readonly<Record<string, Btf>> = {
  'bitfields, with gaps between them': built(
    ...base,
    struct(
      'bits',
      12,
      ['a', U32, 0, 3],
      ['b', U32, 3, 5],
      ['c', U32, 16, 10],
      ['d', U32, 32, 32],
      ['e', CHAR, 64],
      ['f', U32, 72, 1],
    ),
  ),
  'packed, and members off their alignment': built(
    ...base,
    struct('packed', 13, ['a', CHAR, 0], ['b', U64, 8], ['c', U32, 72]),
    struct('outer', 16, ['a', CHAR, 0], ['p', 6, 8], ['z', U16, 112]),
  ),
  'holes and a tail that only an alignment explains': built(
    ...base,
    struct('aligned', 128, ['a', CHAR, 0], ['b', U64, 512], ['c', U32, 576]),
    struct('holder', 256, ['x', CHAR, 0], ['y', 6, 1024]),
  ),
  'flexible and multi-dimensional arrays': built(
    ...base,
    { kind: 'array', name: '', typeId: CHAR, indexTypeId: INT, length: 0 },
    { kind: 'array', name: '', typeId: U16, indexTypeId: INT, length: 3 },
    { kind: 'array', name: '', typeId: 7, indexTypeId: INT, length: 2 },
    struct('arrays', 16, ['grid', 8, 0], ['n', U32, 96], ['rest', 6, 128]),
  ),
  'anonymous structs and unions, nested': built(
    ...base,
    struct('', 8, ['lo', U32, 0], ['hi', U32, 32]),
    union('', 8, ['whole', U64, 0], ['', 6, 0]),
    struct('nested', 16, ['', 7, 0], ['named', 6, 64]),
    union('padded', 64, ['x', U32, 0]),
  ),
  'pointers: to themselves, to functions that return functions, to arrays': built(
    ...base,
    struct('list', 40, ['next', 7, 0], ['make', 13, 64], ['table', 15, 128], ['name', 11, 192], ['old', 17, 256]),
    { kind: 'ptr', name: '', typeId: 6 },
    {
      kind: 'func_proto',
      name: '',
      returnTypeId: INT,
      params: [
        { name: 'l', typeId: 7 },
        { name: '', typeId: 0 },
      ],
    },
    { kind: 'ptr', name: '', typeId: 8 },
    { kind: 'const', name: '', typeId: CHAR },
    { kind: 'ptr', name: '', typeId: 10 },
    { kind: 'func_proto', name: '', returnTypeId: 9, params: [{ name: 'how', typeId: 11 }] },
    { kind: 'ptr', name: '', typeId: 12 },
    { kind: 'array', name: '', typeId: 9, indexTypeId: INT, length: 4 },
    { kind: 'ptr', name: '', typeId: 14 },
    { kind: 'func_proto', name: '', returnTypeId: 0, params: [] },
    { kind: 'ptr', name: '', typeId: 16 },
  ),
  'typedefs and structs that need each other': built(
    ...base,
    struct('node', 16, ['cb', 9, 0], ['self', 10, 64]),
    { kind: 'ptr', name: '', typeId: 6 },
    { kind: 'func_proto', name: '', returnTypeId: 0, params: [{ name: 'n', typeId: 10 }] },
    { kind: 'typedef', name: 'callback_t', typeId: 11 },
    { kind: 'typedef', name: 'node_p', typeId: 7 },
    { kind: 'ptr', name: '', typeId: 8 },
    { kind: 'typedef', name: 'node_t', typeId: 6 },
    struct('owner', 16, ['node', 12, 0]),
  ),
  'two of one name, across struct, enum and typedef': built(
    ...base,
    struct('same', 4, ['a', U32, 0]),
    struct('same', 8, ['b', U64, 0]),
    { kind: 'enum', name: 'same', size: 4, signed: false, values: [{ name: 'ONE', value: 1 }] },
    {
      kind: 'enum',
      name: '',
      size: 4,
      signed: true,
      values: [
        { name: 'ONE', value: -1 },
        { name: 'BIG', value: 2147483647 },
      ],
    },
    { kind: 'typedef', name: 'ONE', typeId: U32 },
    struct('user', 24, ['first', 6, 0], ['second', 7, 64], ['third', 8, 128], ['fourth', 10, 160]),
  ),
  'enums of every size': built(
    ...base,
    { kind: 'enum', name: 'tiny', size: 1, signed: false, values: [{ name: 'T', value: 255 }] },
    { kind: 'enum', name: 'wide', size: 4, signed: false, values: [{ name: 'W', value: 4294967295 }] },
    { kind: 'enum64', name: 'huge', size: 8, signed: false, values: [{ name: 'H', value: 0xffff_ffff_ffff_ffffn }] },
    { kind: 'enum64', name: 'low', size: 8, signed: true, values: [{ name: 'L', value: -0x8000_0000_0000_0000n }] },
    struct('enums', 32, ['t', 6, 0], ['w', 7, 32], ['h', 8, 64], ['l', 9, 128], ['end', CHAR, 192]),
  ),
  'const arrays, pointers with qualifiers, names that C lacks': built(
    ...base,
    { kind: 'const', name: '', typeId: U32 },
    { kind: 'array', name: '', typeId: 6, indexTypeId: INT, length: 2 },
    { kind: 'const', name: '', typeId: 7 },
    { kind: 'ptr', name: '', typeId: 6 },
    { kind: 'volatile', name: '', typeId: 9 },
    { kind: 'const', name: '', typeId: 10 },
    int('u128', 16),
    int('core::Weird', 4),
    struct('register', 48, ['pair', 8, 0], ['where', 11, 64], ['big', 12, 128], ['odd', 13, 256]),
  ),
}

describe.skipIf(!needs('gcc'))('gcc lays out what is declared as the BTF says', () => {
  test.each(Object.keys(shapes))('%s', (name) => compile('gcc', shapes[name] ?? built()))
  test('the TCP part of a kernel', () => compile('gcc', parseBtf(fixture)))
  test.skipIf(!needs('btf'))('all of this kernel', { timeout: 120_000 }, () => {
    compile('gcc', parseBtf(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux'))))
  })
})

describe.skipIf(!needs('clang'))('clang for BPF does too', () => {
  test.each(Object.keys(shapes))('%s', (name) => compile('clang', shapes[name] ?? built()))
  test.skipIf(!needs('btf'))('all of this kernel, with its kfuncs', { timeout: 120_000 }, () => {
    const btf = parseBtf(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')))
    compile('clang', btf, declareC(btf, { kfuncs: true }))
  })
})

test('roots take along what they need, and nothing else', () => {
  const text = declareC(parseBtf(fixture), { roots: ['ack_sample'], preserveAccessIndex: false })
  expect(text).toContain('struct ack_sample {\n\tu32 pkts_acked;\n\ts32 rtt_us;\n\tu32 in_flight;\n};')
  expect(text).not.toContain('tcp_sock')
  expect(text.split('\n').length).toBeLessThan(20)
  expect(() => declareC(parseBtf(fixture), { roots: ['no_such'] })).toThrow('type no_such: not found')
})

test('the same text each time', () => {
  expect(declareC(parseBtf(fixture))).toBe(declareC(parseBtf(fixture)))
})

test('hostile BTF: text or a typed error, in bounded time', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(fixture.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 40 }),
      (edits) => {
        const bytes = fixture.slice()
        for (const [at, value] of edits) bytes[Math.max(24, at)] = value
        try {
          expect(typeof declareC(parseBtf(bytes))).toBe('string')
        } catch (error) {
          if (!btfErrors.is(error)) throw error
        }
      },
    ),
    { numRuns: 60 },
  )
  const deep = Array.from({ length: 40 }, (_, i): BtfType => struct('', 8, ['a', i + 2, 0], ['b', i + 2, 0]))
  expect(() => declareC(built(...deep, int('int', 4), struct('top', 8, ['x', 1, 0])))).toThrow(
    /nested members|too long|deep|longer/,
  )
})
