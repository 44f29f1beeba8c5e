import { type BtfType, btfErrors, buildBtf, declareC, declareTs, parseBtf } from '@tscc/btf'
import { describe, expect, test } from 'vitest'

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
const member = (name: string, typeId: number, bitOffset = 0) => ({ name, typeId, bitOffset, bitSize: 0 })
const struct = (name: string, ...members: readonly ReturnType<typeof member>[]): BtfType => ({
  kind: 'struct',
  name,
  size: 8 * Math.max(1, members.length),
  members,
})
const pointer = (typeId: number): BtfType => ({ kind: 'ptr', name: '', typeId })
const typescript = (types: readonly BtfType[], ...roots: readonly string[]): string => {
  const text = declareTs(parseBtf(buildBtf([int, ...types])), { roots })
  return text.slice(text.indexOf('\n\n', text.lastIndexOf('interface ReadonlyKernelArray'))).trim()
}

/** Prototypes that take the one before twice: the text doubles with each. */
const protos = (count: number): readonly BtfType[] => [
  int,
  ...Array.from({ length: count }, (_, i): BtfType => {
    const params = [
      { name: 'a', typeId: i + 1 },
      { name: 'b', typeId: i + 1 },
    ]
    return { kind: 'func_proto', name: '', returnTypeId: 0, params }
  }),
  pointer(count + 1),
  struct('x', member('call', count + 2)),
]

/** A pointer to a type of a long name, in many members. */
const longName: readonly BtfType[] = [
  int,
  { kind: 'fwd', name: 'n'.repeat(50_000), of: 'struct' },
  pointer(2),
  struct('x', ...Array.from({ length: 20_000 }, (_, i) => member(`f${i}`, 3, 64 * i))),
]

describe('text that grows without bound is a typed error', () => {
  const printers = {
    declareC: (types: readonly BtfType[]) => declareC(parseBtf(buildBtf(types))),
    declareTs: (types: readonly BtfType[]) => declareTs(parseBtf(buildBtf(types)), { roots: ['x'] }),
  }
  test.each(Object.entries(printers))('%s', { timeout: 20_000 }, (_, print) => {
    for (const types of [protos(28), protos(40), longName]) {
      let found: unknown
      try {
        print(types)
      } catch (error) {
        found = error
      }
      expect(btfErrors.is(found)).toBe(true)
    }
    expect(print(protos(8)).length).toBeGreaterThan(1000)
  })
})

test('names that every JavaScript object knows are names like any other', () => {
  expect(typescript([struct('constructor', member('toString', 1), member('__proto__', 1, 32))], 'constructor')).toBe(
    `export interface constructor {
  readonly [tag]?: 'constructor'
  readonly toString: s32
  readonly __proto__: s32
}`,
  )
})

test('a name cannot end the literal that it stands in', () => {
  const text = typescript(
    [{ kind: 'fwd', name: `a'> | any "\\ //`, of: 'struct' }, pointer(2), struct('x', member('p', 3))],
    'x',
  )
  expect(text).toContain(`readonly p: Opaque<'a\\'> | any "\\\\ //'>`)
})

test('constants: once each, not beside a function of their name, and never rounded', () => {
  const types: readonly BtfType[] = [
    {
      kind: 'enum64',
      name: 'e',
      size: 8,
      signed: false,
      values: [
        { name: 'SMALL', value: 1n },
        { name: 'BIG', value: 0xffff_ffff_ffff_ffffn },
        { name: 'run', value: 2n },
      ],
    },
    { kind: 'func_proto', name: '', returnTypeId: 0, params: [] },
    { kind: 'func', name: 'run', typeId: 3, linkage: 'static' },
  ]
  expect(typescript(types, 'e', 'run')).toBe(`export type e = u64
export declare const SMALL: 1
export declare const BIG: u64

export declare function run(): void`)
})

test('parameter names come from a kernel function only if it takes the same', () => {
  const ops = (stubParam: number): readonly BtfType[] => [
    struct('sock', member('a', 1)),
    pointer(2),
    struct('btf', member('b', 1)),
    pointer(4),
    { kind: 'func_proto', name: '', returnTypeId: 0, params: [{ name: '', typeId: 3 }] },
    pointer(6),
    struct('tcp_congestion_ops', member('init', 7)),
    { kind: 'func_proto', name: '', returnTypeId: 0, params: [{ name: 'named', typeId: stubParam }] },
    { kind: 'func', name: 'bpf_tcp_ca_init', typeId: 9, linkage: 'static' },
  ]
  expect(typescript(ops(3), 'tcp_congestion_ops')).toContain('readonly init: (named: sock) => void')
  expect(typescript(ops(5), 'tcp_congestion_ops')).toContain('readonly init: (arg0: sock) => void')
})
