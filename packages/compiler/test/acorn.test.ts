import { compile, diagnosticCodes } from '@tscc/compiler'
import { parseByAcorn } from '@tscc/compiler/acorn'
import { expect, test } from 'vitest'
import { examples } from '../tools/diagnostic-examples.mjs'
import { programOf } from '../tools/fragments.mjs'
import { inCallback } from './mistakes.ts'

const both = (text: string) => [{}, { parse: parseByAcorn }].map((options) => compile(text, options).diagnostics)

test.each(diagnosticCodes.filter(({ name }) => name !== 'syntax'))(
  '$code is told alike by both parsers',
  ({ name }) => {
    const [native, own] = both(programOf(examples[name].code).text)
    expect(own).toEqual(native)
    expect(own).toHaveLength(1)
  },
)

test.each([
  'let x: u32 = 1\n let x: u32 = 2',
  'const eval: u32 = 1',
  'const await: u32 = 1',
  'v.a = yield',
  'delete v.a',
  'delete tp',
  'v.a = 1; /(/',
  'class A { constructor() {} constructor() {} }',
  'const q = { __proto__: 1, __proto__: 2 }',
  'const { a, a } = v',
])('%s: no matter of grammar, so the compiler tells it, and what else is wrong', (body) => {
  const [native, own] = both(inCallback(`${body}\n v.b = v.a`))
  expect(own).toEqual(native)
  expect(own?.map(({ code }) => code)).toContain('TSCC2103')
})

test.each([
  'function f(a: u32, a: u32): u32 { return a }\n',
  'function f(): u32 { return 1 }\nfunction f(): u32 { return 2 }\n',
  'export const A = 1\nexport const A = 2\n',
  'export { nothing }\n',
])('%s', (before) => {
  const [native, own] = both(inCallback('', before))
  expect(own).toEqual(native)
})
