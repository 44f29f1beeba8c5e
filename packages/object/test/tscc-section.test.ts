import { objectErrors } from '@tscc/object'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeTsccSection, parseTsccSection, type TsccFunction } from '../src/tscc-section.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const arbitraryFunction: fc.Arbitrary<TsccFunction> = fc.record(
  {
    section: fc.string(),
    name: fc.string(),
    arguments: fc.array(
      fc.record({
        at: fc.nat(),
        argument: fc.record(
          { name: fc.string(), pointee: fc.string(), index: fc.nat(), arity: fc.nat() },
          { requiredKeys: ['name', 'index'] },
        ),
      }),
    ),
    addends: fc.array(fc.record({ at: fc.nat(), kind: fc.constant('field_byte_offset'), addend: fc.integer() })),
    prunable: fc.constant(true as const),
  },
  { requiredKeys: ['section', 'name', 'arguments', 'addends'] },
)

test('what was encoded is parsed', () => {
  fc.assert(
    fc.property(fc.array(arbitraryFunction), (functions) => {
      expect(parseTsccSection(encodeTsccSection(functions))).toEqual(functions)
    }),
  )
})

test('sections behind each other, as linkers leave them', () => {
  const one = encodeTsccSection([{ section: 'a', name: 'f', arguments: [], addends: [] }])
  const two = encodeTsccSection([{ section: 'b', name: 'g', arguments: [], addends: [] }])
  expect(parseTsccSection(Uint8Array.of(...one, ...two)).map(({ name }) => name)).toEqual(['f', 'g'])
  expect(parseTsccSection(new Uint8Array())).toEqual([])
})

test('a section from before a key was there, or with one that is not known', () => {
  const rows = parseTsccSection(
    bytesOf('{"version":1,"functions":[{"section":"a","name":"f","arguments":[],"addends":[],"later":[1]}]}'),
  )
  expect(rows).toEqual([{ section: 'a', name: 'f', arguments: [], addends: [] }])
})

test.each([
  ['{', '.tscc, line 1: is no JSON'],
  ['\n[]', '.tscc, line 2: it is no object'],
  ['{"version":2}', '.tscc, line 1: version 2 is not known, 1 is'],
  ['{"version":1}', '.tscc, line 1: functions is no array'],
  ['{"version":1,"functions":[3]}', '.tscc, line 1: function is no object'],
  ['{"version":1,"functions":[{"section":"a"}]}', '.tscc, line 1: name is no text'],
  [
    '{"version":1,"functions":[{"section":"a","name":"b","arguments":[],"addends":[{"at":-1}]}]}',
    '.tscc, line 1: at is -1',
  ],
])('%s', (text, message) => {
  expect(() => parseTsccSection(bytesOf(text))).toThrow(message)
})

test('whatever the bytes: rows or a typed error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytesOf)), (bytes) => {
      try {
        parseTsccSection(bytes)
      } catch (error) {
        if (!objectErrors.is(error, 'object/bad-tscc-section')) throw error
      }
    }),
  )
})
