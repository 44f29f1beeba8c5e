import { isTsccError } from '@tscc/core'
import { type BpfObject, completeBtf, type Relocation, writeObject } from '@tscc/object'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleObject } from './sample-object.ts'

const anyIndex = fc.oneof({ weight: 8, arbitrary: fc.nat(6) }, fc.integer())
const relocation: fc.Arbitrary<Relocation> = fc.oneof(
  fc.record({ kind: fc.constant('map' as const), at: anyIndex, map: anyIndex }),
  fc.record({ kind: fc.constant('mapValue' as const), at: anyIndex, map: anyIndex, offset: anyIndex }),
  fc.record({ kind: fc.constantFrom('call' as const, 'function' as const), at: anyIndex, function: anyIndex }),
  fc.record({ kind: fc.constant('extern' as const), at: anyIndex, extern: anyIndex }),
)
const anyName = fc.oneof(fc.constantFrom('socket', '.text', 'filter', '.maps', 'license', ''), fc.string())

/** Something else in one place of a function or a map. */
const functionChange = fc.oneof(
  fc.record({ name: anyName }),
  fc.record({ section: anyName }),
  fc.record({ linkage: fc.constantFrom('static' as const, 'global' as const, 'weak' as const), hidden: fc.boolean() }),
  fc.record({ code: fc.uint8Array({ maxLength: 32 }) }),
  fc.record({ relocations: fc.array(relocation, { maxLength: 4 }) }),
  fc.record({ typeId: anyIndex }),
  fc.record({
    lines: fc.array(
      fc.record({ at: anyIndex, file: fc.string(), text: fc.string(), line: anyIndex, column: anyIndex }),
      { maxLength: 3 },
    ),
  }),
)
const mapChange = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  fc.record({ name: anyName }),
  fc.record({ section: anyName }),
  fc.record({ valueSize: anyIndex }),
)
const btfChange = fc.oneof(
  { weight: 16, arbitrary: fc.constant({}) },
  fc.record({ btf: fc.uint8Array({ maxLength: 64 }) }),
)

const changed: fc.Arbitrary<BpfObject> = fc
  .tuple(fc.constantFrom('little' as const, 'big' as const), fc.nat(3), functionChange, mapChange, btfChange)
  .map(([endian, which, f, map, btf]) => {
    const sample = sampleObject(endian)
    return {
      ...sample,
      functions: sample.functions.map((one, i) => (i === which ? { ...one, ...f } : one)),
      maps: sample.maps.map((one, i) => (i === which ? { ...one, ...map } : one)),
      ...btf,
    }
  })

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
    fc.property(changed, (object) => {
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
