import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '@tscc/algos'
import { type Compiled, compile } from '@tscc/compiler'
import { parseByAcorn as parse } from '@tscc/compiler/acorn'
import { writeObject } from '@tscc/object'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { root } from '../../../tools/bootstrap.mjs'
import { aimd } from '../src/examples.ts'

const programs = 'packages/compiler/test/programs'
const sources: readonly (readonly [name: string, text: string])[] = [
  ...algorithms.flatMap((one) => (one.kind === 'language' ? [[one.name, one.text] as const] : [])),
  ['aimd', aimd],
  ...readdirSync(join(root, programs))
    .filter((name) => name.endsWith('.bpf.ts'))
    .map((name) => [name, readFileSync(join(root, programs, name), 'utf8')] as const),
]

describe.each(sources)('%s', (name, text) => {
  const fileName = `${name}.bpf.ts`
  const bytes = ({ object }: Compiled) => (object === undefined ? undefined : writeObject(object))

  test('the same object as by the native parser, byte for byte', () => {
    const native = compile(text, { fileName })
    const own = compile(text, { fileName, parse })
    expect(own.diagnostics).toEqual(native.diagnostics)
    expect(bytes(own)).toEqual(bytes(native))
  })
})

test('the six algorithms and the AIMD compile', () => {
  const compiled = sources.filter(([name, text]) => compile(text, { fileName: name, parse }).object !== undefined)
  expect(compiled.length).toBeGreaterThanOrEqual(7)
})

test('mistakes are told alike', () => {
  const words = [
    'snd_cwnd',
    'tp',
    'return max',
    'acked',
    'u32',
    'structOps',
    'ssthresh(sk)',
    "'@tscc/bpf'",
    '2)',
    'if (',
  ]
  const wrong = words.flatMap((word) =>
    [
      'nothing',
      '(x as any)',
      'class A {}; tp',
      'null!',
      '`a`',
      '-1n',
      'interface X extends Y { a?: string }; tp',
    ].flatMap((other) => [aimd.replace(word, other), `${aimd}\n${other}`]),
  )
  const told = (options: { readonly parse?: typeof parse }) =>
    wrong.map((text) => compile(text, options).diagnostics.map(({ code, line }) => `${code}:${line}`))
  const syntax = (all: readonly string[]) => all.some((one) => one.startsWith('TSCC1001'))
  const [native, own] = [told({}), told({ parse })]
  expect(own.map(syntax)).toEqual(native.map(syntax))
  // Of what cannot be parsed each parser has a place of its own
  expect(own.filter((all) => !syntax(all))).toEqual(native.filter((all) => !syntax(all)))
  expect(native.filter((all) => all.length > 0 && !syntax(all)).length).toBeGreaterThan(20)
})

test('a mistake of syntax has its place', () => {
  const broken = aimd.replace('* keep.value', '* * keep.value')
  const line = broken.slice(0, broken.indexOf('* *')).split('\n').length
  const { diagnostics } = compile(broken, { parse })
  expect(diagnostics.map(({ code, line }) => [code, line])).toEqual([['TSCC1001', line]])
})

const tokens = aimd.split(/(\W)/).filter((token) => token.trim() !== '')
const changed = fc
  .tuple(fc.nat(aimd.length), fc.nat(12), fc.oneof(fc.constantFrom('', ...tokens), fc.string({ unit: 'binary' })))
  .map(([at, length, other]) => aimd.slice(0, at) + other + aimd.slice(at + length))

test('of any text: a diagnostic, or what the native parser makes of it', () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: changed }, fc.string({ unit: 'binary' })), (text) => {
      const own = compile(text, { parse })
      expect(own.object === undefined).toBe(own.diagnostics.length > 0)
      const native = compile(text)
      if (own.object !== undefined && native.object !== undefined)
        expect(writeObject(own.object)).toEqual(writeObject(native.object))
      // Never is a program refused that the command takes.
      if (native.object !== undefined) expect(own.diagnostics).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test('nesting that no stack holds is a diagnostic', () => {
  for (const open of ['(', '[', '{', '!', 'a?b:', '`${', 'function f() {'])
    expect(compile(open.repeat(30_000), { parse }).diagnostics).toHaveLength(1)
})
