import { byteWriter, isAscii } from '@tscc/core'
import { expect, test } from 'vitest'

test.each([
  ['', true],
  ['snd_cwnd', true],
  ['\0\x7f', true],
  ['µs', false],
  ['x\u0080', false],
  ['😀', false],
])('%j is ASCII: %s; written, it is its UTF-8 and a zero', (text, is) => {
  expect(isAscii(text)).toBe(is)
  const writer = byteWriter()
  writer.cstring(text)
  expect([...writer.finish()]).toEqual([...new TextEncoder().encode(text), 0])
})
