import { readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { linkObject } from '@tscc/object'
import { minimalUndoCwndProgram, returnR0, slowStartCongAvoidProgram } from '@tscc/struct-ops'
import { type LoadableStructOps, structOpsOf, withStructOpsData } from '@tscc/struct-ops/kernel'
import { specToObject } from '@tscc/struct-ops/object'
import type { LoadedObject } from '@tscc/syscall'
import { expect, test } from 'vitest'

const btf = parseBtf(new Uint8Array(readFileSync(new URL('../fixtures/tcp-6.18.btf', import.meta.url))))
const callbacks = { ssthresh: returnR0(), cong_avoid: slowStartCongAvoidProgram(), undo_cwnd: minimalUndoCwndProgram() }

function opened(): LoadableStructOps {
  const spec = { type: 'tcp_congestion_ops', name: 'with_data', callbacks, data: { flags: 1 } }
  const linked = linkObject(specToObject(spec), { btf })
  // Nothing is loaded here: only the value counts
  const [ops] = structOpsOf(linked, { programs: [] } as unknown as LoadedObject)
  if (ops === undefined) throw new Error('there is no struct_ops')
  return ops
}

const flagsOf = ({ layout, value }: LoadableStructOps): number => {
  const offset = layout.members.find(({ name }) => name === 'flags')?.offset ?? 0
  return new DataView(value.buffer, value.byteOffset).getUint32(layout.dataOffset + offset, true)
}

test('members that are no callbacks are set, in a copy', () => {
  const ops = opened()
  const changed = withStructOpsData(ops, { flags: 2 })
  expect([flagsOf(ops), flagsOf(changed)]).toEqual([1, 2])
  expect(flagsOf(withStructOpsData(changed, { flags: 0n }))).toBe(0)
  expect(changed.value.filter((byte, i) => byte !== ops.value[i])).toHaveLength(1)
  expect(changed.spec).toEqual(ops.spec)
})

test.each([
  ['struct-ops/unknown-member', { flag: 1 }, 'tcp_congestion_ops.flag: no such data member; did you mean flags?'],
  ['struct-ops/unknown-member', { ssthresh: 1 }, 'tcp_congestion_ops.ssthresh: no such data member'],
  ['struct-ops/bad-value', { flags: 2n ** 32n }, 'flags: value 4294967296 does not fit 4 bytes'],
  ['struct-ops/bad-name', { name: 'other' }, "name 'other': renameStructOps gives it another"],
])('%s: %o', (code, data, message) => {
  expect(() => withStructOpsData(opened(), data)).toThrow(expect.objectContaining({ code }))
  expect(() => withStructOpsData(opened(), data)).toThrow(message)
})
