import { structOpsErrors } from '@tscc/struct-ops'
import { type LoadableStructOps, renameStructOps } from '@tscc/struct-ops/kernel'
import { expect, test } from 'vitest'

const text = (name: string, offset: number) => ({ kind: 'string' as const, name, offset, size: 8, index: offset / 8 })

/** Values of a type with these texts behind 8 bytes of the kernel's own; no kernel sees them. */
function opsOf(...names: readonly string[]): LoadableStructOps {
  const members = names.map((name, i) => text(name, 8 * i))
  const size = 8 * members.length
  const layout = { type: 'some_ops', typeId: 1, size, valueTypeId: 2, valueSize: 8 + size, dataOffset: 8, members }
  return {
    spec: { type: 'some_ops', name: 'before' },
    layout,
    programs: [],
    value: new Uint8Array(8 + size).fill(0x41),
    dropped: [],
    load: () => ({ programs: [], close() {}, [Symbol.dispose]() {} }),
  }
}

const textOf = (value: Uint8Array) => new TextDecoder().decode(value)

test('renames the member name, wherever it is', () => {
  const ops = opsOf('title', 'name')
  const renamed = renameStructOps(ops, 'after')
  expect(renamed.spec).toEqual({ type: 'some_ops', name: 'after' })
  expect(textOf(renamed.value)).toBe(`${'A'.repeat(16)}after\0\0\0`)
  expect(textOf(ops.value)).toBe('A'.repeat(24))
})

test('or else the first text, as id of Qdisc_ops', () => {
  expect(textOf(renameStructOps(opsOf('id', 'title'), 'ts_mine').value)).toBe(`AAAAAAAAts_mine\0${'A'.repeat(8)}`)
})

test('a type without a text, or a longer name: refused', () => {
  for (const rename of [() => renameStructOps(opsOf(), 'x'), () => renameStructOps(opsOf('id'), 'eight888')])
    expect(rename).toThrow(expect.objectContaining({ code: 'struct-ops/bad-name' }))
  expect(structOpsErrors.codes).toContain('struct-ops/bad-name')
})
