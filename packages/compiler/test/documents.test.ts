import { readFileSync } from 'node:fs'
import * as compiler from '@tscc/compiler'
import { describe, expect, test } from 'vitest'
import { examples } from '../tools/diagnostic-examples.mjs'
import { diagnosticsDocument } from '../tools/diagnostics-document.mjs'
import { fragmentsOf, programOf } from '../tools/fragments.mjs'

const documentOf = (name: string): string => readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8')

test('docs/diagnostics.md is what the table says: node packages/compiler/tools/docs.mjs writes it', () => {
  expect(documentOf('diagnostics')).toBe(diagnosticsDocument(compiler))
})

test.each(compiler.diagnosticCodes)('$code $name: its example raises it and nothing else', ({ code, name }) => {
  const { diagnostics } = compiler.compile(programOf(examples[name].code).text)
  expect(diagnostics.map((one) => one.code)).toEqual([code])
})

test('numbers are given once, examples are of the table', () => {
  const codes = compiler.diagnosticCodes.map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  expect(Object.keys(examples).sort()).toEqual(compiler.diagnosticCodes.map(({ name }) => name).sort())
})

describe.each(['mistakes', 'language', 'struct-ops'])('docs/%s.md', (name) => {
  const fragments = fragmentsOf(documentOf(name), compiler)
  test.each(fragments.map((one) => ({ ...one, begin: one.fragment.split('\n')[0] })))('$begin', ({ said, printed }) => {
    expect(printed).toBe(said)
  })
})

test('the thirty mistakes: each is told, says what to write instead, and what is written instead is right', () => {
  const sections = documentOf('mistakes').split(/^## /m).slice(1)
  expect(sections.length).toBeGreaterThanOrEqual(30)
  for (const section of sections) {
    const [wrong, right, ...more] = fragmentsOf(section, compiler)
    expect({ section, wrong: wrong?.printed, right: right?.printed, more }).toMatchObject({
      wrong: expect.stringMatching(/error TSCC\d{4}: [\s\S]*\nhelp: /),
      right: '',
      more: [],
    })
  }
})
