import { isTsccError } from '@tscc/core'
import { type BpfObject, completeBtf, writeObject } from '@tscc/object'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changedObject } from './changed-object.ts'

test('whatever the object: the same bytes each time, or the same typed error', () => {
  const outcome = (object: BpfObject): Uint8Array | string => {
    try {
      return writeObject(object)
    } catch (error) {
      if (isTsccError(error)) return error.message
      throw error
    }
  }
  let files = 0
  fc.assert(
    fc.property(changedObject, (object) => {
      const first = outcome(object)
      expect(outcome(object)).toEqual(first)
      if (typeof first === 'string') return
      files++
      expect(writeObject(completeBtf(object))).toEqual(first)
    }),
    { numRuns: 300 },
  )
  expect(files).toBeGreaterThan(10)
})
