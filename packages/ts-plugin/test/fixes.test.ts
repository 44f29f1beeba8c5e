import { compile, type Diagnostic, diagnosticCodes } from '@tscc/compiler'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { examples } from '../../compiler/tools/diagnostic-examples.mjs'
import { programOf } from '../../compiler/tools/fragments.mjs'
import { fixesOf } from '../src/fixes.ts'

const sourceOf = (text: string): ts.SourceFile =>
  ts.createSourceFile('/cc.bpf.ts', text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS)

/** A text after each fix of one of its diagnostics. */
const fixed = (text: string, mistake: Diagnostic): readonly string[] =>
  fixesOf(ts, sourceOf(text), mistake).map(({ changes }) =>
    [...(changes[0]?.textChanges ?? [])]
      .sort((a, b) => b.span.start - a.span.start)
      .reduce(
        (all, { span, newText }) => all.slice(0, span.start) + newText + all.slice(span.start + span.length),
        text,
      ),
  )

const mendable = diagnosticCodes.flatMap(({ name, code }) => {
  const { text } = programOf(examples[name].code)
  return compile(text).diagnostics.flatMap((one) => (one.mends === undefined ? [] : [{ name, code, text, one }]))
})

test('the mistakes that are mended mechanically', () => {
  expect(mendable.map(({ name }) => name).sort()).toEqual([
    'may-be-null',
    'missing-callback',
    'mixed-signs',
    'narrowing',
    'not-everywhere',
    'unbounded-index',
    'unknown-callback',
    'unknown-field',
    'unknown-import',
    'unknown-name',
    'unknown-type',
  ])
})

test.each(mendable)('$code $name: after each of its fixes it is gone, and the text is TypeScript', ({ text, one }) => {
  // The function of the example returns a number: there is nothing to leave it with.
  if (one.code === 'TSCC2107') return
  const results = fixed(text, one)
  expect(results.length).toBeGreaterThan(0)
  for (const result of results) {
    expect(compile(result).diagnostics).toEqual([])
  }
})

/** The only fix of a program's first mistake. */
function only(text: string): string {
  const [first] = compile(text).diagnostics
  if (first === undefined) throw new Error('no mistake')
  const [result, ...more] = fixed(text, first)
  expect(more).toEqual([])
  return result ?? 'no fix'
}

const ops =
  "export default structOps<tcp_congestion_ops>({ name: 'x', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid(sk) {\n"

describe('null', () => {
  const start = `export const flows = hash<u32, u64>(8)\n${ops}`
  test('a function without a value is left', () => {
    const text = `${start}    const f = flows.lookup(1)\n    f.value++\n} })\n`
    expect(only(text)).toBe(text.replace('    f.value++', '    if (f === null) return\n    f.value++'))
    expect(compile(only(text)).diagnostics).toEqual([])
  })

  test('one with a value is not, nor is what would be computed again', () => {
    expect(
      only(`export const flows = hash<u32, u64>(8)
function f(n: u32): u64 { const f = flows.lookup(n); return f.value }
${ops} f(1) } })`),
    ).toBe('no fix')
    expect(only(`${start} flows.lookup(1).value++ } })`)).toBe('no fix')
  })
})

describe('imports', () => {
  const state = 'interface S { a: u32; b: u16 }\n'
  const wrong = `${state}${ops}  const s = inet_csk_ca<S>(sk)\n  s.b = s.a\n} })\n`
  const right = wrong.replace('= s.a', '= u16(s.a)')

  test.each([
    ["import { structOps } from '@tscc/bpf'\n", "import { structOps, u16 } from '@tscc/bpf'\n"],
    ["import { u16 } from '@tscc/bpf'\n", "import { u16 } from '@tscc/bpf'\n"],
    ["import { type u16, structOps } from '@tscc/bpf'\n", "import { u16, structOps } from '@tscc/bpf'\n"],
    [
      "import {\n  structOps,\n  type u32,\n} from '@tscc/bpf'\n",
      "import {\n  structOps,\n  type u32,\n  u16,\n} from '@tscc/bpf'\n",
    ],
    [
      "import type { u16, u32 } from '@tscc/bpf'\n",
      "import { u16 } from '@tscc/bpf'\nimport type { u32 } from '@tscc/bpf'\n",
    ],
    [
      "import type { u32, u16 } from '@tscc/bpf'\nimport { structOps } from '@tscc/bpf'\n",
      "import type { u32 } from '@tscc/bpf'\nimport { structOps, u16 } from '@tscc/bpf'\n",
    ],
    ['', "import { u16 } from '@tscc/bpf'\n"],
  ])('%s', (before, after) => {
    expect(only(before + wrong)).toBe(after + right)
    expect(compile(after + right).diagnostics).toEqual([])
  })
})

test('a field that has the name of its value keeps it', () => {
  const text = `interface E { small: u16 }
${ops}  const small = tcp_sk(sk).snd_cwnd
  const e: E = { small }
  tcp_sk(sk).snd_cwnd = e.small
} })
`
  expect(only(text)).toContain('const e: E = { small: u16(small) }')
  expect(compile(only(text)).diagnostics).toEqual([])
})
