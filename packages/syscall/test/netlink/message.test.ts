import { isTsccError } from '@tscc/core'
import {
  checkAcknowledgement,
  encodeAttributes,
  encodeRequest,
  nested,
  parseAttributes,
  parseMessages,
  stringAttribute,
  u32Attribute,
} from '@tscc/syscall/netlink'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('attributes come back as they were written, at any length', () => {
  const attribute = fc.record({ type: fc.integer({ min: 0, max: 0x3fff }), value: fc.uint8Array({ maxLength: 70 }) })
  fc.assert(
    fc.property(fc.uniqueArray(attribute, { selector: ({ type }) => type }), (attributes) => {
      const parsed = parseAttributes(encodeAttributes(attributes))
      expect([...parsed]).toEqual(attributes.map(({ type, value }) => [type, value]))
    }),
  )
})

test('messages come back, one behind the other', () => {
  const request = { name: 'x', type: 16, flags: 5, body: new Uint8Array(16), attributes: [stringAttribute(3, 'abc')] }
  const first = encodeRequest(request, 7)
  const both = new Uint8Array([...first, ...encodeRequest({ ...request, type: 20 }, 8)])
  const messages = parseMessages(both)
  expect(messages.map(({ type, flags, sequence }) => [type, flags, sequence])).toEqual([
    [16, 5, 7],
    [20, 5, 8],
  ])
  expect(messages[0]?.payload).toEqual(first.subarray(16))
})

test('any bytes are messages or a typed error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        for (const { payload } of parseMessages(bytes)) parseAttributes(payload)
      } catch (error) {
        expect(isTsccError(error)).toBe(true)
      }
    }),
  )
})

test("the kernel's refusal carries errno and its own words", () => {
  const text = stringAttribute(1, 'Specified qdisc kind is unknown')
  const error = new Uint8Array(20 + encodeAttributes([text]).length)
  new DataView(error.buffer).setInt32(0, -2, true)
  error.set(encodeAttributes([text]), 20)
  const message = { type: 2, flags: 0x300, sequence: 1, payload: error }
  expect(() => checkAcknowledgement('qdisc netem', message)).toThrow(
    'qdisc netem: the kernel answered ENOENT (Specified qdisc kind is unknown)',
  )
  expect(() => checkAcknowledgement('x', { ...message, payload: new Uint8Array(20) })).not.toThrow()
  expect(() => checkAcknowledgement('x', { ...message, payload: new Uint8Array(3) })).toThrow(/acknowledgement/)
})

test('nested attributes stand behind their fixed struct', () => {
  const inner = nested(2, [u32Attribute(1, 0x0403_0201)], Uint8Array.of(9, 9))
  expect([...inner.value]).toEqual([9, 9, 0, 0, 8, 0, 1, 0, 1, 2, 3, 4])
})
