import { compile } from '@tscc/compiler'
import { linkObject, linkTarget } from '@tscc/object'
import { hostKernel, kernelFiles, loadPlan } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { inCallback, mistakesOf } from './mistakes.ts'

const before = `const N = 8
export const limit = tunable<u32>(3)
export const count = global<u32>(0)
interface S { i: u32 }
function add(n: u32, v: V): void { for (let i: u32 = 0; i < n; i++) v.a++ }
`

/** Loops whose end the verifier sees. */
const bounded = [
  'for (let i: u32 = 0; i < 8; i++) v.a += i',
  'for (let i: u32 = 0; i <= N; i++) v.a += i',
  'for (let i = 0; i !== 8; i += 2) v.a += i',
  'for (let i = 8; i > 0; i--) v.a += i',
  'for (let i: s32 = 3; i >= 0; i--) v.a++',
  'for (let i: u32 = 0; i < v.e.length; i++) v.a++',
  'for (let i: u32 = 0; i < v.f; i++) v.a++',
  'for (let i: u32 = 0; i < limit.value; i++) v.a++',
  'for (let i: u32 = 0; i < min(tp.snd_cwnd, 64); i++) v.a++',
  'for (let i: u32 = 0; i < (tp.snd_cwnd & 15); i++) v.a++',
  'for (let i: u32 = 0; i < 64 && i < tp.snd_cwnd; i++) v.a++',
  'for (let i: u32 = 0; i < tp.snd_cwnd; i++) { if (i === 64) break; v.a++ }',
  'for (let i: u32 = tp.snd_cwnd; i < 64; i++) v.a++',
  'for (let i: u32 = 0; i < 8; i++) { for (let j: u32 = 0; j < i; j++) v.a++ }',
  'for (let i: u32 = 0; before(i, 8); i++) v.a++',
  'const n = min(tp.snd_cwnd, 64); for (let i: u32 = 0; i < n; i++) v.a++',
  'let n = tp.snd_cwnd; if (n > 64) n = 64; for (let i: u32 = 0; i < n; i++) v.a++',
  'const n = tp.snd_cwnd; if (n > 64) return 1; for (let i: u32 = 0; i < n; i++) v.a++',
  'const n = tp.snd_cwnd; if (n <= 64) { for (let i: u32 = 0; i < n; i++) v.a++ }',
  'const n = tp.snd_cwnd; if (n > 64) return 1; add(n, v)',
  'add(min(tp.snd_cwnd, 64), v)',
  'let n = min(tp.snd_cwnd, 64); while (n > 0) n--',
  'let n = min(tp.snd_cwnd, 64); while (n--) v.a++',
  'let i: u32 = 0; while (true) { if (i >= 64) break; i++ }',
  'let i: u32 = 0; for (;;) { i++; if (i >= 64) return 1 }',
  'let i: u32 = 0; do { i++ } while (i < 8)',
  'let x = tp.snd_cwnd; while (x > 0) x >>= 1',
  'let x = tp.snd_cwnd; let n: u32 = 0; while (x !== 0) { x = x >> 1; n++ } v.a = n',
  'let x: u32 = 1; while (x < 1000) x *= 2',
  'let low: u32 = 0; let high: u32 = 32; while (low < high) { const mid = (low + high) >> 1; if (mid > tp.snd_cwnd) high = mid; else low = mid + 1 } v.a = low',
  'let done = false; let i: u32 = 0; while (!done) { i++; if (i > 8) done = true }',
  'const s: S = { i: 0 }; while (s.i < 8) s.i++',
  'do { v.a++ } while (false)',
  'while (true) { v.a++; break }',
  'for (const i of range(min(tp.snd_cwnd, 64))) v.a += i',
]

test.each(bounded)('%s: nothing is wrong with it', (body) => {
  expect(mistakesOf(inCallback(body, before))).toEqual([])
})

describe.skipIf(!needs('struct_ops_link'))('in the kernel', () => {
  test.each(bounded)('%s: the verifier takes it', (body) => {
    const { object } = compile(inCallback(body, before))
    if (object === undefined) throw new Error('it does not compile')
    const kernel = hostKernel()
    using loaded = loadPlan(kernel, linkObject(object, linkTarget(kernelFiles(kernel))))
    expect(loaded).toBeDefined()
  })
})

const HELP = 'count the rounds: for (const i of range(64)) …, with a break'
const limitOf = (what: string) => [
  `nothing says how often this runs: ${what} may be anything`,
  `a limit: min(${what}, 64); loop(${what}, body) runs as often as it says (5.17)`,
]

test.each([
  ['for (let i: u32 = 0; i < tp.snd_cwnd; i++) v.a++', 'tp.snd_cwnd'],
  ['for (let i: u32 = 0; tp.snd_cwnd > i; i++) v.a++', 'tp.snd_cwnd'],
  ['for (let i: u32 = 0; i < v.a; i++) tp.snd_cwnd++', 'v.a'],
  ['for (let i: u32 = 0; i < count.value; i++) v.a++', 'count.value'],
  ['for (let i: u32 = 0; i < max(tp.snd_cwnd, 3); i++) v.a++', 'max(tp.snd_cwnd, 3)'],
  ['for (let i: u32 = 0; i < bpf_get_prandom_u32(); i++) v.a++', 'bpf_get_prandom_u32()'],
  ['const n = tp.snd_cwnd; for (let i: u32 = 0; i < n; i++) v.a++', 'n'],
  ['const n = tp.snd_cwnd; if (n < 2) return 1; for (let i: u32 = 0; i < n; i++) v.a++', 'n'],
  ['let n: u32 = 8; n = tp.snd_cwnd; for (let i: u32 = 0; i < n; i++) v.a++', 'n'],
  ['let n = tp.snd_cwnd; while (n > 0) n--', 'n'],
  ['let n = tp.snd_cwnd; while (n) n -= 1', 'n'],
  ['add(tp.snd_cwnd, v)', 'n'],
])('%s: what nothing is said of', (body, what) => {
  expect(mistakesOf(inCallback(body, before))).toEqual([['TSCC2306', what, ...limitOf(what)]])
})

test.each([
  ['while (tp.snd_cwnd > 10) tp.snd_cwnd--', 'tp.snd_cwnd > 10'],
  ['while (v.a > 0) v.a--', 'v.a > 0'],
  ['let x = tp.snd_cwnd; while (x > 0) x = x / 10', 'x > 0'],
  ['let x = v.a; let y = v.a; while (y !== 0) { const t = x % y; x = y; y = t }', 'y !== 0'],
  ['while (true) { if (tp.snd_cwnd > 10) break }', 'true'],
  ['for (;;) { if (tp.snd_cwnd > 10) break }', 'for (;;)'],
  ['do { v.a++ } while (tp.snd_cwnd > v.a)', 'tp.snd_cwnd > v.a'],
  ['let i: u32 = 0; while (i < 10) v.a++', 'i < 10'],
  ['let done = false; while (!done) { if (tp.snd_cwnd > 3) done = true }', '!done'],
])('%s: nothing counts', (body, what) => {
  expect(mistakesOf(inCallback(body, before))).toEqual([['TSCC2306', what, 'nothing says how often this runs', HELP]])
})

test.each([
  ['while (true) v.a++', 'true'],
  ['for (;;) { v.a++ }', 'for (;;)'],
  ['do v.a++; while (1)', '1'],
])('%s: there is no way out', (body, what) => {
  const help = 'for (const i of range(64)) …, with a break'
  expect(mistakesOf(inCallback(body))).toEqual([['TSCC2307', what, 'this loop never ends', help]])
})

test.each([
  ['for (let i: u32 = 0; i < 10000000; i++) v.a++', '10000000'],
  ['for (const i of range(600000)) v.a += i', '600000'],
])('%s: more rounds than the verifier follows', (body, rounds) => {
  const message = `${rounds} rounds, of which the verifier follows 500000 at most`
  const help = 'fewer, or loop(n, body), which it need not follow (5.17)'
  expect(mistakesOf(inCallback(body))).toEqual([['TSCC2308', rounds, message, help]])
})

test('range of what nothing is said of, other things to go through, statements that belong into loops', () => {
  expect(mistakesOf(inCallback('for (const i of range(tp.snd_cwnd)) v.a += i'))).toEqual([
    [
      'TSCC2306',
      'tp.snd_cwnd',
      'nothing says how often this runs: tp.snd_cwnd may be anything',
      'range(min(tp.snd_cwnd, 64)), or loop(tp.snd_cwnd, body), which runs as often as it says (5.17)',
    ],
  ])
  expect(mistakesOf(inCallback('for (const x of v.e) v.a += x'))).toEqual([
    [
      'TSCC1002',
      'v.e',
      'for … of anything but a range is not in the language',
      'for (const i of range(v.e.length)) …, with v.e[i]',
    ],
  ])
  const codes = (body: string) => mistakesOf(inCallback(body)).map(([code, marked]) => [code, marked])
  expect(codes('for (const i of range()) v.a++')).toEqual([['TSCC2201', 'range()']])
  expect(codes('for (const i of range(3)) i = 2')).toEqual([['TSCC2202', 'i']])
  expect(codes('break')).toEqual([['TSCC1002', 'break']])
  expect(codes('continue')).toEqual([['TSCC1002', 'continue']])
})

test('mistakes in a loop are told beside its own, each once', () => {
  const text = inCallback('for (let i: u32 = 0; i < tp.snd_cwnd; i++) { v.b = v.a; v.x = 1 }\n tp.y = 1')
  expect(mistakesOf(text).map(([code, marked]) => [code, marked])).toEqual([
    ['TSCC2306', 'tp.snd_cwnd'],
    ['TSCC2103', 'v.a'],
    ['TSCC2002', 'x'],
    ['TSCC2002', 'y'],
  ])
})
