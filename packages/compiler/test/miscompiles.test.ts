// Programs that were compiled wrong, or refused by the verifier or the compiler, each named after what was wrong.
import { compile } from '@tscc/compiler'
import { hostKernel } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { compiled } from './compiled.ts'
import { runnable } from './random/kernel.ts'
import { ssthreshText } from './ssthresh.ts'

interface Source {
  /** What the callback does with private state `v`; what it leaves in `v.result` counts. */
  readonly body: string
  /** Before the callback. */
  readonly top?: string
}

const STATE = 'result: s64; n: u32; u: u8; s: s64; pad: FixedArray<u64, 2>'
const textOf = ({ body, top = '' }: Source): string =>
  ssthreshText(STATE, body, `interface R { a: u8; list: FixedArray<u32, 4> }\n${top}`)

/** `v.result` after a run that began with n = 9, u = 250, s = -5. */
function resultOf(source: Source, without: Parameters<typeof compile>[1] = {}): bigint {
  const { object } = compiled(textOf(source), without)
  using program = runnable(hostKernel(), object)
  const view = new DataView(program.state.buffer, program.state.byteOffset)
  view.setUint32(8, 9, true)
  view.setUint8(12, 250)
  view.setBigInt64(16, -5n, true)
  program.run()
  return view.getBigInt64(0, true)
}

const codesOf = (source: Source): readonly string[] => compile(textOf(source)).diagnostics.map(({ code }) => code)

describe.skipIf(!needs('bpf'))('was compiled wrong', () => {
  test.each<readonly [string, bigint, Source]>([
    ['a variable read before it was changed in the same expression', 19n, { body: 'let x = v.n\nv.result = x + ++x' }],
    ['a compound assignment whose value changes its target', 19n, { body: 'let x = v.n\nx += ++x\nv.result = x' }],
    ['a comparison of a variable before and after', 1n, { body: 'let x = v.n\nif (x < ++x) v.result = 1' }],
    ['the arguments of min', 9n, { body: 'let x = v.n\nv.result = min(x, ++x)' }],
    [
      'an index far from what the verifier knows it by',
      88n,
      {
        body: `const list: FixedArray<u8, 8> = []
    const x = v.n
    list[min(x - 1116288729, 7)] = 79
    v.result = list[7] + x`,
      },
    ],
    [
      'the arguments of a call that is not inlined',
      910n,
      { top: 'const f = noinline((a: u32, b: u32): u32 => a * 100 + b)', body: 'let x = v.n\nv.result = f(x, ++x)' },
    ],
    [
      'an index that the assigned value changes',
      107n,
      {
        body: 'const r: R = { a: 0, list: [1, 1, 1, 1] }\nlet i: u32 = v.n & 1\nr.list[i & 3] = (i = 3) + 4\nv.result = r.list[1] * 1 + r.list[0] * 100',
      },
    ],
    ['s64 and u32 compare with a sign', 1n, { body: 'if (v.s < v.n) v.result = 1' }],
    ['s64 divided by u32', -2n, { body: 'v.n -= 7\nv.result = v.s / v.n' }],
    ['a || b of numbers', 9n, { body: 'v.result = v.n || 7' }],
    ['a && b of numbers', 7n, { body: 'const x: u32 = v.n && 7\nv.result = x' }],
    [
      'a number of more than 32 bits on one side of ?:',
      2n ** 32n,
      { body: 'v.result = v.n === 1 ? 1 : 0x1_0000_0000' },
    ],
    ['a number below zero on one side of ?:', -1n, { body: 'v.result = v.n ? -1 : 1' }],
    ['a number below zero beside what is narrow', -2n, { body: 'v.result = v.n === 1 ? v.u : -2' }],
    ['|| of a number below zero', -3n, { body: 'v.result = (v.n - 9) || -3\nv.result = s32(v.result)' }],
    ['numbers of more than 32 bits compared', 1n, { body: 'if (1 < 0x1_0000_0000) v.result = 1' }],
    ['a negative number compared with one', 1n, { body: 'if (-1 < 1) v.result = 1' }],
    [
      '?: of numbers that fit where their common type does not',
      250n + 7n + 2n ** 32n - 1n,
      {
        body: `const r: R = { a: 0, list: [] }
    r.a = v.n ? 7 : 3
    let small: s32 = v.n ? (v.n === 3 ? 0 : 1) : v.u
    const all: u32 = v.n ? -1 : 1
    small = v.n === 0 ? 5 : v.u
    v.result = r.a + small
    v.result += all`,
      },
    ],
    ['a || a, of one and the same variable', 1n, { body: 'for (const i of range(2)) v.result = i || i' }],
    ['the value of a compound assignment to a narrow field', 4n, { body: 'v.result = (v.u += 10)' }],
    [
      'a bound that a parameter has no more once it is assigned to',
      40n,
      {
        top: 'function f(i: u32, n: u32): u32 { const r: R = { a: 0, list: [10, 20, 30, 40] }\ni = n\nreturn r.list[i & 3] }',
        body: 'v.n = 3\nv.result = f(v.n & 1, v.n)',
      },
    ],
    [
      'a store through a pointer that a loop changes, taken for one that is repeated',
      11n,
      {
        top: 'const m = array<u64>(2)',
        body: `let p = m.lookup(0)
    const q = m.lookup(1)
    if (p !== null && q !== null) {
      p.value = 0
      for (let i: u32 = 0; i < 2; i++) {
        p.value = 10
        if (i === 1) break
        p = q
      }
      p.value = 1
      const first = m.lookup(0)
      if (first !== null) v.result = s64(first.value + q.value)
    }`,
      },
    ],
  ])('%s', (_, expected, source) => {
    expect(resultOf(source)).toBe(expected)
  })
})

describe.skipIf(!needs('bpf'))('was refused by the verifier', () => {
  test.each<readonly [string, bigint, Source]>([
    ['a shift by a number of more than the width', 18n, { body: 'v.result = v.n << u32(33)' }],
    ['a shift by what turns out to be such a number', 18n, { body: 'let x: u32 = 33\nv.result = v.n << x' }],
    ['a division by what turns out to be zero', 9n, { body: 'let x: u32 = 0\nv.result = (v.n / x) + (v.n % x)' }],
    [
      'an element of a stack object in a function that is called',
      3n,
      {
        top: 'const f = noinline((a: u32, b: u32): u32 => { const r: R = { a: 0, list: [1, 2, 3, 4] }\nreturn r.list[min(a, 3)] * (r.list[min(b, 3)] === 0 ? 0 : 1) })',
        body: 'v.result = f(v.n - 7, v.n)',
      },
    ],
    [
      'an index that only the compiler knows to be small, as it comes from a division',
      2n,
      { body: 'const r: R = { a: 0, list: [1, 2, 3, 4] }\nv.result = r.list[((v.n & 3) / (v.n - 8)) & 3]' },
    ],
    [
      'an index that only the compiler knows to be small, as it is shifted by a number from memory',
      1n,
      {
        body: 'const r: R = { a: 0, list: [1, 2, 3, 4] }\nlet x: u32 = 1\nif (v.n > 100) x = 2\nv.result = r.list[(x >> v.n) & 3]',
      },
    ],
    ['a number that is cut when stored', 4n, { body: 'v.u = 250\nv.u += 10\nv.result = v.u' }],
    [
      'a field further away than an instruction reaches',
      7n,
      {
        top: 'interface Large { a: FixedArray<u8, 40000>; b: u32 }\nlet large: Large',
        body: 'large.b = 7\nlarge.a[39999] = 1\nv.result = large.b',
      },
    ],
    [
      'a return behind an endless loop, which nothing leads to',
      9n,
      {
        top: 'function f(n: u32): u32 { for (let i: u32 = 4; ; i -= 2) { if (i === 0) return n } }',
        body: 'v.result = f(v.n)',
      },
    ],
  ])('%s', (_, expected, source) => {
    expect(resultOf(source)).toBe(expected)
    expect(resultOf(source, { without: ['sinkStores'] })).toBe(expected)
  })

  test('without folding: an index whose bound was known to jump threading alone', () => {
    const body =
      'const r: R = { a: 0, list: [1, 2, 3, 4] }\nlet x: u32 = 1\nif (v.n > 100) x = 2\nv.result = r.list[x % 4]'
    expect(resultOf({ body }, { without: ['fold'] })).toBe(2n)
  })
})

describe('was refused by the compiler', () => {
  test.each<readonly [string, Source]>([
    [
      'if and else that both return, a switch whose ways all do, an endless loop',
      {
        top: `function f(x: u32): u32 { if (x > 1) return 1; else return 2 }
function g(x: u32): u32 { switch (x) { case 0: return 1; default: return 2 } }
function h(x: u32): u32 { for (;;) { x++; if (x > 5) return x } }`,
        body: 'v.result = f(v.n) + g(v.n) + h(1)',
      },
    ],
    [
      'a function with the name of the callback that calls it',
      { top: 'function ssthresh(a: u32): u32 { return a }', body: 'v.result = ssthresh(v.n)' },
    ],
    [
      'an index of a range that never runs',
      { body: 'const r: R = { a: 0, list: [] }\nfor (const i of range(min(u32(0), 3))) r.list[i] = 1' },
    ],
  ])('%s', (_, source) => {
    expect(codesOf(source)).toEqual([])
  })
})

describe('was accepted', () => {
  test.each<readonly [string, string, Source]>([
    ['a number without sign compared with a negative one', 'TSCC2104', { body: 'if (v.n > -1) v.result = 1' }],
    [
      'a number shifted that has no room in what it is taken for',
      'TSCC2104',
      { body: 'v.result = 0x100000000 << v.n' },
    ],
    ['arithmetic on truth values', 'TSCC2101', { body: 'let b: bool = v.n > 1\nb += 1' }],
    ['more elements than there can be', 'TSCC2101', { top: 'const m = hash<u32, u32>(-1)', body: '' }],
  ])('%s', (_, code, source) => {
    expect(codesOf(source)).toEqual([code])
  })
})

describe('took for ever, or all memory, or threw', () => {
  const twice = Array.from({ length: 40 }, (_, i) => `function f${i + 1}(a: u32): u32 { return f${i}(a) + f${i}(a) }`)
  test.each<readonly [string, readonly string[], Source]>([
    ['an array of 800 MB', ['TSCC2311'], { body: 'const a: FixedArray<u64, 100000000> = []' }],
    ['an array of 4 KB on the stack', ['TSCC2302'], { body: 'const a: FixedArray<u64, 512> = []' }],
    [
      'functions that are inlined twice in functions that are inlined twice',
      ['TSCC2310'],
      { top: `function f0(a: u32): u32 { return a + 1 }\n${twice.join('\n')}`, body: 'v.result = f40(v.n)' },
    ],
    ['a sum of 5000', ['TSCC2310'], { body: `v.n = ${'v.n + '.repeat(5000)}1` }],
    [
      'conditions within conditions',
      [],
      {
        top: 'function f(a: u32): u32 { return a }',
        body: `v.result = ${'f(1 + (f('.repeat(20)}1${') && 2))'.repeat(20)}`,
      },
    ],
    [
      'constants that are squared again and again',
      ['TSCC2104'],
      { top: `const c0 = 65536\n${[1, 2].map((i) => `const c${i} = c${i - 1} * c${i - 1}`).join('\n')}`, body: '' },
    ],
  ])('%s', (_, codes, source) => {
    expect([...new Set(codesOf(source))]).toEqual(codes)
  })

  test('a mistake in a function that is called twice is no recursion', () => {
    const top = 'const f = noinline((a: u32): u8 => a)'
    expect(codesOf({ top, body: 'v.result = f(1) + f(2)' })).toEqual(['TSCC2103'])
  })
})

test('functions of one name in two files are two functions', () => {
  const other = 'const f = noinline((a: u32): u32 => a + 2)\nexport function g(a: u32): u32 { return f(a) }'
  const text = textOf({
    top: "import { g } from './other.bpf.ts'\nconst f = noinline((a: u32): u32 => a + 1)",
    body: 'v.result = f(v.n) * 100 + g(v.n)',
  })
  const { functions, diagnostics } = compile(text, { read: () => ({ fileName: 'other.bpf.ts', text: other }) })
  expect(diagnostics).toEqual([])
  expect(functions.map(({ name }) => name)).toEqual(['ssthresh', 'undo_cwnd', 'cong_avoid', 'f', 'f_'])
})
