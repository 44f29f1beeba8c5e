import { readFileSync } from 'node:fs'
import { type BtfType, buildBtf, findEveryType, findType, kindOf, nameOf, parseBtf, typeCount } from '@tscc/btf'
import { expect, test } from 'vitest'

const int = (name: string): BtfType => ({
  kind: 'int',
  name,
  size: 4,
  bits: 32,
  bitOffset: 0,
  signed: false,
  char: false,
  bool: false,
})
const typedef = (name: string): BtfType => ({ kind: 'typedef', name, typeId: 1 })

test('every type of a name is found, whatever was looked up before', () => {
  const bytes = buildBtf([int('a'), typedef('b'), int('b'), typedef('b'), int('c')])
  const queries = ['b', { name: 'b', kind: 'typedef' as const }, 'none', '', 'a\0']
  const wanted = [[2, 3, 4], [2, 4], [], [], []]
  expect(findEveryType(parseBtf(bytes), queries)).toEqual(wanted)
  const used = parseBtf(bytes)
  expect(findType(used, 'c')).toBe(5)
  expect(findEveryType(used, queries)).toEqual(wanted)
  expect(findEveryType(used, queries)).toEqual(wanted)
})

test('in a split BTF only its own types are found, also by names of the base', () => {
  const base = parseBtf(buildBtf([int('a'), typedef('b')]))
  const split = parseBtf(buildBtf([typedef('a'), typedef('z'), typedef('a')], { base }), { base })
  expect(findEveryType(split, ['a', 'b', 'z'])).toEqual([[3, 5], [], [4]])
})

test('it agrees with a scan over all types of the running kernel', () => {
  const btf = parseBtf(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')))
  const byName = new Map<string, number[]>()
  for (let id = 1; id <= typeCount(btf); id++) {
    const name = nameOf(btf, id)
    if (name !== '') byName.set(name, [...(byName.get(name) ?? []), id])
  }
  const several = [...byName].filter(([, ids]) => ids.length > 1)
  expect(several.length).toBeGreaterThan(10)
  const some = [...several.slice(0, 50), ...[...byName].filter((_, i) => i % 501 === 0)]
  const found = findEveryType(
    btf,
    some.map(([name]) => name),
  )
  expect(found).toEqual(some.map(([, ids]) => ids))
  const structs = findEveryType(
    btf,
    some.map(([name]) => ({ name, kind: 'struct' as const })),
  )
  expect(structs).toEqual(some.map(([, ids]) => ids.filter((id) => kindOf(btf, id) === 'struct')))
})

test('names may go on', () => {
  const names = ['sock', 'sock___old', 'sock___', 'sock__x', 'sockets', 'tcp_sock___a___b', 'sock___old']
  const bytes = buildBtf([int('int'), ...names.map(typedef)])
  const base = parseBtf(buildBtf([int('int'), typedef('sock')]))
  const split = parseBtf(buildBtf(names.map(typedef), { base }), { base })
  const queries = ['sock', 'tcp_sock', 'tcp_sock___a', 'sockets']
  const options = { goingOnWith: '___' }
  expect(findEveryType(parseBtf(bytes), queries, options)).toEqual([[2, 3, 4, 8], [7], [7], [6]])
  expect(findEveryType(split, queries, options)).toEqual([[3, 4, 5, 9], [8], [8], [7]])
})

test('names going on in a BTF that is large enough to be walked in WebAssembly', () => {
  const types = Array.from({ length: 30_000 }, (_, i) => typedef(i % 3000 === 0 ? `t___${i}` : `t${i}`))
  const btf = parseBtf(buildBtf([int('int'), ...types]))
  const [flavours = [], exact = []] = findEveryType(btf, ['t', 't29999'], { goingOnWith: '___' })
  expect(flavours.map((id) => nameOf(btf, id))).toEqual(Array.from({ length: 10 }, (_, i) => `t___${3000 * i}`))
  expect(exact).toEqual([30_001])
})
