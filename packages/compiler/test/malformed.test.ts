import { readdirSync, readFileSync } from 'node:fs'
import { compile } from '@tscc/compiler'
import { readObject, writeObject } from '@tscc/object'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const folders = ['../../../bench/programs/', './programs/', '../../bpf/test/programs/']
const sources = folders.flatMap((folder) => {
  const url = new URL(folder, import.meta.url)
  return readdirSync(url)
    .filter((name) => name.endsWith('.bpf.ts'))
    .map((name) => readFileSync(new URL(name, url), 'utf8'))
})

/** Something of everything, so that mutations reach what algorithms do not use. */
const everything = `interface Pair { lo: u16; hi: s32; on: bool }
interface Rec { a: u8; p: Pair; list: FixedArray<s16, 4>; n: u64 }
const LIMIT = 1 << 4
const flows = hash<u32, u64>(64)
const pairs = array<Pair>(4)
const events = ringbuf<Rec>(4096)
const alpha = tunable<u32>(2)
const losses = global<u64>(0)
let state: Rec
const f = noinline((a: u32, r: Rec): u64 => { r.list[a & 3]++; return r.n + a })
const body = (i: u32, r: Rec): bool => { r.n += i; return i > 3 }
function g(p: Pair, x: s32): bool { return p.on || x >> 2 < -1 }
export default structOps<tcp_congestion_ops>({
  name: 'all',
  ssthresh(sk) {
    const tp = tcp_sk(sk)
    const r: Rec = { a: 1, p: { lo: 2, hi: -3, on: true }, list: [1, 2, -3], n: 4n }
    for (let i: u32 = 0; i < 4; i++) { if (i === 2) continue; r.list[i] += 3 }
    for (const i of range(min(tp.snd_cwnd, LIMIT))) { if (g(r.p, -5)) break; state.n ^= u64(i) << 3 }
    const found = flows.lookup(tp.snd_cwnd % 7)
    if (found !== null) found.value++
    else flows.update(3, u64(tp.snd_cwnd), 0)
    switch (r.a) { case 0: return 1; default: atomicAdd(losses.value, 1); case 3: r.a -= 1 }
    loop(10, body, r)
    do { r.a++ } while (r.a < 5 && r.a !== 3)
    if (exists(tp.snd_cwnd) && kernelAtLeast(6, 1)) printk('cwnd %u', tp.snd_cwnd)
    events.output(r)
    return clamp(u32(f(alpha.value, r)), abs(r.p.hi), tp.snd_cwnd >> 1)
  },
  undo_cwnd: () => 2,
  cong_avoid() {},
})
`

const TOKEN = /\s+|\/\/.*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.)*'|[A-Za-z_$][\w$]*|\d[\w.]*|=>|[=!<>+\-*/%&|^]{1,3}|./g
const tokensOf = (text: string): readonly string[] => text.match(TOKEN) ?? []
const all = [everything, ...sources].map(tokensOf)
const extra = [
  ...['0', '-1', '1n', '4294967296', '0xffffffffffffffff', '99999999999999999999999', '1.5', "'x'", 'null', 'true'],
  ...['undefined', '`t`', '/r/', '...', '?.', '??', '**', '>>>', '&&=', 'as', 'this', 'new', 'class', 'async', 'await'],
  ...['yield', 'var', 'FixedArray<u8, 1000000000>', 'FixedArray<FixedArray<u64, 4096>, 4096>', 'global<u8>(0)', '#p'],
  ...[
    'noinline',
    'range(3)',
    'sizeof<Rec>()',
    '[',
    ']',
    '{',
    '}',
    '(',
    ')',
    '=',
    ';',
    ',',
    ':',
    '(1, 2)',
    'typeof LIMIT',
  ],
]

/** One of the sources with some tokens gone, twice there, exchanged, or in the place of others. */
const mutated = fc
  .tuple(
    fc.nat(all.length - 1),
    fc.array(fc.tuple(fc.nat(4), fc.nat(), fc.nat(), fc.nat(all.length - 1)), { minLength: 1, maxLength: 6 }),
  )
  .map(([which, changes]) => {
    const tokens = [...(all[which] ?? [])]
    for (const [kind, a, b, other] of changes) {
      const at = a % tokens.length
      const [from, to] = [all[other] ?? [], b % tokens.length]
      if (kind === 0) tokens.splice(at, 1)
      else if (kind === 1) tokens.splice(at, 0, tokens[at] ?? '')
      else if (kind === 2) [tokens[at], tokens[to]] = [tokens[to] ?? '', tokens[at] ?? '']
      else if (kind === 3) tokens[at] = from[b % from.length] ?? ''
      else tokens[at] = extra[b % extra.length] ?? ''
    }
    return tokens.join('')
  })

/** Compile it: either there are diagnostics, each within the text, or there is an object. */
function attempt(text: string): void {
  const started = performance.now()
  const { object, diagnostics } = compile(text)
  expect(object === undefined, text).toBe(diagnostics.length > 0)
  for (const { span, line, message } of diagnostics) {
    expect(span.start <= span.end && line >= 1 && message !== '', `${JSON.stringify(span)} ${message}\n${text}`).toBe(
      true,
    )
  }
  expect(performance.now() - started, text).toBeLessThan(20_000)
}

test('what the mutations begin with compiles', () => {
  expect(compile(everything).diagnostics).toEqual([])
  expect(sources.length).toBeGreaterThan(3)
})

describe('whatever the source is, the compiler says what is wrong with it and does not throw', () => {
  test('mutations of programs', () => {
    fc.assert(fc.property(mutated, attempt), { numRuns: 300 })
  }, 600_000)

  test('any tokens in a row', () => {
    const tokens = [...new Set([...all.flat(), ...extra])]
    const text = fc.array(fc.constantFrom(...tokens), { maxLength: 60 }).map((list) => list.join(' '))
    fc.assert(fc.property(text, attempt), { numRuns: 200 })
  }, 600_000)

  test('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), attempt), { numRuns: 200 })
  }, 600_000)
})

test('a zero byte in a comment is no part of the line that the object names', () => {
  const text = `import { structOps } from '@tscc/bpf'
export default structOps<tcp_congestion_ops>({
  name: 'x',
  ssthresh: () => 2, // a\0b
  undo_cwnd: () => 2,
  cong_avoid() {},
})
`
  const { object } = compile(text)
  if (object === undefined) throw new Error('it has no mistakes')
  const lines = readObject(writeObject(object)).functions.flatMap((one) => one.lines.map((line) => line.text))
  expect(lines).toContain('ssthresh: () => 2, // a b')
})
