import { expect, test } from 'vitest'
import { disassembled, ssthreshWith } from './ssthresh.ts'

/** Instructions of ssthresh with a body, a line each. */
const codeOf = (body: string): readonly string[] =>
  disassembled(ssthreshWith('wide: u64; a: u32; b: u32; c: u32; n: u32', body))
/** Steps that calculate something. */
const calculations = (body: string): readonly string[] =>
  codeOf(body).flatMap((line) => /[rw]\d (\*=|\/=|<<=|>>=|%=)/.exec(line)?.[1] ?? [])

test.each([
  ['a product', 'v.a = v.b * (u32(1) << v.n)', ['<<=']],
  ['a product, the power first', 'v.a = (u32(1) << v.n) * v.b', ['<<=']],
  ['a product of 64 bits', 'v.wide = v.wide * (u64(1) << v.n)', ['<<=']],
  ['a quotient', 'v.a = v.b / (u32(1) << v.n)', ['>>=']],
  ['a product of more bits than the power has', 'v.wide = v.wide * (u32(1) << v.n)', ['<<=', '*=']],
  ['a quotient of a power', 'v.a = (u32(1) << v.n) / v.b', ['<<=', '/=']],
  ['a rest', 'v.a = v.b % (u32(1) << v.n)', ['<<=', '%=']],
  ['a product with another shifted number', 'v.a = v.b * (u32(3) << v.n)', ['<<=', '*=']],
])('a power of two by a shift: %s', (_, body, expected) => {
  expect(calculations(body)).toEqual(expected)
})

test('a difference that is there for more than the question whether it is zero is not compared by its sides', () => {
  expect(codeOf('const left = v.a - v.b; if (left === 0) return 1; v.c = left').join('\n')).toMatch(
    /w(\d) -= w\d\n.*if w\1 == 0/,
  )
  expect(codeOf('if (v.a - v.b === 0) return 1').join('\n')).not.toContain('-=')
})
