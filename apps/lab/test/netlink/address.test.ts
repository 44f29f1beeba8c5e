import { expect, test } from 'vitest'
import { parseAddress } from '../../src/netlink/address.ts'

test.each([
  ['10.1.2.3', [10, 1, 2, 3]],
  ['fd00::1', [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  ['::', new Array<number>(16).fill(0)],
  ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ['abcd::', [0xab, 0xcd, ...new Array<number>(14).fill(0)]],
])('address %s', (text, bytes) => {
  expect([...parseAddress(text)]).toEqual(bytes)
})

test('what is no address is an error', () => {
  expect(() => parseAddress('10.0.0')).toThrow(/address/)
  expect(() => parseAddress('::1%lo')).toThrow(/address/)
})
