import { fnv1a } from '@tscc/core'
import { expect, test } from 'vitest'

test('the values of the draft: FNV-1a, 32 bits', () => {
  expect(['', 'a', 'b', 'foobar'].map(fnv1a)).toEqual([0x811c_9dc5, 0xe40c_292c, 0xe70c_2de5, 0xbf9c_f968])
})
