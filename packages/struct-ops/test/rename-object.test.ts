import { readObject, writeObject } from '@tscc/object'
import { minimalUndoCwndProgram, returnR0, slowStartCongAvoidProgram, structOpsErrors } from '@tscc/struct-ops'
import { renameObject, specToObject } from '@tscc/struct-ops/object'
import { expect, test } from 'vitest'

const callbacks = {
  ssthresh: returnR0(),
  cong_avoid: slowStartCongAvoidProgram(),
  undo_cwnd: minimalUndoCwndProgram(),
}
const spec = (name: string) => ({ type: 'tcp_congestion_ops', name, callbacks })

test('is what making it under that name gives, but for the variable', () => {
  const renamed = renameObject(specToObject(spec('a_longer_name')), 'short')
  const made = specToObject(spec('short'))
  expect(renamed.structOps[0]?.data).toEqual(made.structOps[0]?.data)
  expect(renamed.structOps[0]?.name).toBe('a_longer_name')
  expect(readObject(writeObject(renamed)).structOps).toEqual(renamed.structOps)
})

test.each(['', 'sixteen_letters_', 'ä'.repeat(8)])('refuses %j', (name) => {
  const renamed = () => renameObject(specToObject(spec('mine')), name)
  expect(renamed).toThrow(expect.objectContaining({ code: 'struct-ops/bad-name' }))
  expect(structOpsErrors.codes).toContain('struct-ops/bad-name')
})
