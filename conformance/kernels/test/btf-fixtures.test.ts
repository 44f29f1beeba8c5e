import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ecnCounter, reno, vegasStyle } from '@tscc/algos'
import {
  buildBtf,
  encodeBtf,
  findType,
  nameOf,
  parseBtf,
  resolveField,
  sizeOf,
  structOpsTypes,
  typeCount,
  typeOf,
} from '@tscc/btf'
import { btfResolver, linkStructOps } from '@tscc/struct-ops'
import { describe, expect, test } from 'vitest'
import { root } from '../../../tools/bootstrap.mjs'
import { cutSplit } from '../btf-fixtures.mjs'
import { hasFeature } from '../suites/features.mjs'
import { bitfields, congControl, kfuncs, txStart } from '../suites/specs.mjs'

/** Algorithms in instructions. */
const algorithms = [
  { name: 'reno', spec: reno },
  { name: 'vegas-style', spec: vegasStyle },
  { name: 'ecn-counter', spec: ecnCounter },
] as const

interface Fixture {
  readonly file: string
  readonly bytes: number
  readonly release: string
  readonly base?: string
}

const folder = join(root, 'packages/object/fixtures/btf')
const bytesOf = (file: string): Uint8Array => Uint8Array.from(readFileSync(join(folder, file)))
const fixtures: readonly Fixture[] = JSON.parse(readFileSync(join(folder, 'fixtures.json'), 'utf8'))
const kernels = fixtures.filter(({ file }) => file.startsWith('tcp-'))

test('the list says what is there, and it is small', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.btf'))
  expect(fixtures.map(({ file }) => file).sort()).toEqual(files.sort())
  for (const { file, bytes } of fixtures) expect(bytesOf(file).length).toBe(bytes)
  expect(fixtures.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(600_000)
})

describe.each(kernels)('$file of $release', ({ file, release }) => {
  const btf = parseBtf(bytesOf(file))
  // Debian's s390x kernel is built without the BPF JIT's struct_ops of TCP: it has the structs, not the value
  const hasStructOps = !release.endsWith('s390x')

  test('has the closure of the TCP structs, in its own byte order', () => {
    expect(btf.littleEndian).toBe(!release.endsWith('s390x'))
    expect(structOpsTypes(btf).map((type) => type.name)).toEqual(hasStructOps ? ['tcp_congestion_ops'] : [])
    expect(resolveField(btf, 'tcp_sock', 'snd_cwnd').size).toBe(4)
    expect(resolveField(btf, 'tcp_sock', 'icsk_ca_priv').size).toBe(104)
    expect(resolveField(btf, 'tcp_sock', 'is_cwnd_limited').bitfield?.bitSize).toBe(1)
  })

  test('is read and written back', () => {
    expect(encodeBtf(btf)).toEqual(bytesOf(file))
  })

  test.runIf(hasStructOps)('every algorithm links to it, and each part that kernels differ in', () => {
    const resolver = btfResolver(btf)
    for (const algorithm of algorithms)
      expect(linkStructOps(algorithm.spec(), resolver).programs.length).toBeGreaterThan(2)
    expect(linkStructOps(congControl('a'), resolver).dropped).toEqual([])
    expect(linkStructOps(bitfields('b'), resolver).dropped).toEqual([])
    const { dropped } = linkStructOps(txStart('c'), resolver)
    expect(dropped.map((one) => one.callback)).toEqual(
      hasFeature(release, 'cwndEventTxStart') ? [] : ['cwnd_event_tx_start'],
    )
    const calls = linkStructOps(kfuncs('d'), resolver).programs.flatMap((program) => program.insns)
    expect(calls.some((insn) => insn.kind === 'callKfunc')).toBe(hasFeature(release, 'kfuncCall'))
  })
})

test('the two builds of 6.12 differ in the layout of tcp_sock', () => {
  const at = (file: string): number => resolveField(parseBtf(bytesOf(file)), 'tcp_sock', 'snd_cwnd').offset
  expect(at('tcp-6.12.btf')).not.toBe(at('tcp-6.12-oldest.btf'))
})

describe('split BTF', () => {
  test('of a module: its own types, on the part of the base that they need', () => {
    for (const { file, base } of fixtures) {
      if (base === undefined) continue
      const [small, bytes] = [parseBtf(bytesOf(base)), bytesOf(file)]
      const split = parseBtf(bytes, { base: small })
      const dctcp = findType(split, 'dctcp', 'struct')
      expect(dctcp).toBeGreaterThan(typeCount(small))
      expect(sizeOf(split, dctcp ?? 0)).toBeGreaterThan(20)
      expect(findType(small, 'dctcp', 'struct')).toBeUndefined()
    }
    expect(fixtures.filter(({ base }) => base !== undefined)).toHaveLength(1)
  })

  test('is cut with forward declarations behind pointers', () => {
    const int = {
      kind: 'int',
      name: 'int',
      size: 4,
      bits: 32,
      bitOffset: 0,
      signed: true,
      char: false,
      bool: false,
    } as const
    const struct = (name: string, typeId: number) =>
      ({ kind: 'struct', name, size: 8, members: [{ name: 'm', typeId, bitOffset: 0, bitSize: 0 }] }) as const
    const base = parseBtf(
      buildBtf([
        int,
        struct('unused', 1),
        struct('value', 1),
        struct('pointed', 1),
        { kind: 'ptr', name: '', typeId: 4 },
      ]),
    )
    const whole = parseBtf(buildBtf([struct('a', 3), struct('b', 5)], { base }), { base })
    const cut = cutSplit(base, whole)
    const small = parseBtf(cut.base)
    const split = parseBtf(cut.split, { base: small })
    const kinds = (btf: ReturnType<typeof parseBtf>, from: number): readonly string[] =>
      Array.from(
        { length: typeCount(btf) - from + 1 },
        (_, i) => `${typeOf(btf, from + i).kind} ${nameOf(btf, from + i)}`,
      )
    expect(kinds(small, 1)).toEqual(['int int', 'struct value', 'fwd pointed', 'ptr '])
    expect(kinds(split, typeCount(small) + 1)).toEqual(['struct a', 'struct b'])
    expect(resolveField(split, 'a', 'm.m').size).toBe(4)
  })
})
