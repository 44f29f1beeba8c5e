import { compile } from '@tscc/compiler'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shifted } from '../src/shifted.ts'

const text = 'const A = 1 / 0\nconst B = 2 / 0\nconst C = 3 / 0\n'
const { diagnostics } = compile(text)
/** What is marked, with the line's name. */
const marks = (now: string, all = shifted(diagnostics, text, now)): readonly string[] =>
  all.map(
    ({ span }) => `${now.slice(0, span.start).match(/[A-Z](?= = [^\n]*$)/)?.[0]}${now.slice(span.start, span.end)}`,
  )

test('what is beside a change moves with it; what is within it goes', () => {
  expect(marks(text)).toEqual(['A0', 'B0', 'C0'])
  expect(marks(text.replace('const B', 'const x = 5\nconst B'))).toEqual(['A0', 'B0', 'C0'])
  expect(marks(text.replace('2 / 0', '2 / 1'))).toEqual(['A0', 'C0'])
  expect(marks(text.replace(/const B.*\n/, ''))).toEqual(['A0', 'C0'])
  expect(marks('')).toEqual([])
})

test('of any change: marks lie in the text, and mark what they marked', () => {
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(text.length), fc.string(), (at, length, other) => {
      const now = text.slice(0, at) + other + text.slice(at + length)
      for (const { span } of shifted(diagnostics, text, now)) expect(now.slice(span.start, span.end)).toBe('0')
    }),
  )
})
