import { isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressText, addressWords, parseAddress, wordsAddress } from '../src/address.ts'

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
])('%s is %s', (text, canonical) => {
  expect(addressText(parseAddress(text))).toBe(canonical)
})

test('as node:net sees it, and back', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/)), (text) => {
      const isAddress = isIP(text) !== 0 && !text.includes('%')
      if (!isAddress) {
        expect(() => parseAddress(text, 'who')).toThrow('who: not an IPv4 or IPv6 address')
        return
      }
      const bytes = parseAddress(text)
      expect(wordsAddress(addressWords(bytes))).toEqual(bytes)
      expect(parseAddress(addressText(bytes))).toEqual(bytes)
    }),
    { numRuns: 500 },
  )
})
