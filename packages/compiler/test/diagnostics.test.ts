import { compile, diagnosticText } from '@tscc/compiler'
import { expect, test } from 'vitest'
import { inCallback, mistakesOf } from './mistakes.ts'

/** Code, the marked text and the message of each diagnostic. */
const found = (text: string): readonly (readonly string[])[] =>
  mistakesOf(text).map(([code, marked, message]) => [code, marked, message])

test.each([
  ['v.b = v.a', 'TSCC2103', 'v.a', 'u32 does not fit u16'],
  ['v.a = v.c', 'TSCC2103', 'v.c', 's32 does not fit u32'],
  ['v.a = v.d', 'TSCC2103', 'v.d', 'u64 does not fit u32'],
  ['if (v.c < v.a) v.a = 1', 'TSCC2102', 'v.c < v.a', 's32 < u32 mixes signed and unsigned'],
  ['v.a = v.a / 0', 'TSCC2105', '0', 'division by zero'],
  ['v.b = 65536', 'TSCC2104', '65536', '65536 does not fit u16'],
  ['v.a = tp.snd_cwn', 'TSCC2002', 'snd_cwn', 'tcp_sock has no field snd_cwn'],
  ['v.aa = 1', 'TSCC2002', 'aa', 'V has no field aa'],
  ['v.a = x', 'TSCC2001', 'x', 'there is no x'],
  ['mn(1, 2)', 'TSCC2001', 'mn', 'there is no mn'],
  ['v.a = min(1)', 'TSCC2201', 'min(1)', 'min takes 2 arguments, not 1'],
  ['tp = tp', 'TSCC2202', 'tp', 'tp cannot be assigned to'],
  ['v.a = 1.5', 'TSCC1002', '1.5', 'a number with a fraction is not in the language'],
  ['v.a = [1]', 'TSCC1002', '[1]', 'an array here is not in the language'],
  ['try { v.a = 1 } catch {}', 'TSCC1002', 'try', 'try is not in the language'],
  ['let y', 'TSCC2106', 'y', 'y needs a type'],
  ['const w = inet_csk_ca<W>(sk)', 'TSCC2003', 'W', 'there is no type W'],
  ['tcp_slow_start(sk, 1)', 'TSCC2101', 'sk', 'expected tcp_sock, found sock'],
])('%s', (body, code, marked, message) => {
  expect(found(inCallback(body))).toEqual([[code, marked, message]])
})

test('all callbacks are looked at, and calls of itself are found', () => {
  const text = `function f(a: u32): u32 { return f(a) }
export default structOps<tcp_congestion_ops>({
  name: 'x',
  ssthresh(sk) { return f(1) },
  undo_cwnd(sk) { return tcp_sk(sk).nothing },
  cong_avoid() {},
  cong_avoidd(sk) {},
})`
  expect(found(text).map(([code]) => code)).toEqual(['TSCC2203', 'TSCC2002', 'TSCC2004'])
  expect(compile(text).diagnostics[2]?.help).toBe('did you mean cong_avoid?')
})

test('syntax errors, modules without a struct_ops, too much private state, forgotten values', () => {
  expect(found('const = 1').map(([code]) => code)[0]).toBe('TSCC1001')
  expect(found('const A = 1')).toMatchObject([['TSCC1003', 'c', 'the module exports no program']])
  const fields = Array.from({ length: 14 }, (_, i) => `f${i}: u64`).join('; ')
  const big = inCallback('const b = inet_csk_ca<Big>(sk)\n b.f0 = 1')
  expect(found(`interface Big { ${fields} }\n${big}`)[0]?.[2]).toBe('Big has 112 bytes, private state has room for 104')
  const forgotten = inCallback('').replace('return tp.snd_cwnd', 'if (tp.snd_cwnd < 2) return 1')
  expect(found(forgotten)[0]?.[2]).toMatch(/ssthresh ends without a value/)
})

test('a diagnostic as text: place, line, caret, help', () => {
  const text = inCallback('v.b = v.a')
  const [first] = compile(text, { fileName: 'x.bpf.ts' }).diagnostics
  if (first === undefined) throw new Error('no diagnostic')
  expect(diagnosticText(first, text)).toBe(
    [
      'x.bpf.ts:7:11 error TSCC2103: u32 does not fit u16',
      '      v.b = v.a',
      '            ^^^',
      'help: cut it on purpose: u16(v.a)',
    ].join('\n'),
  )
})

const printed = (text: string): string => {
  const [first] = compile(text, { fileName: 'x.bpf.ts' }).diagnostics
  if (first === undefined) throw new Error('no diagnostic')
  return diagnosticText(first, text)
}

test('columns count UTF-16 units, the caret is below what is meant: tabs, accents, wide characters, CRLF', () => {
  const [, place, caret] = [0, 1, 2].map((line) => printed(inCallback('\t\tv.a = 1.5')).split('\n')[line])
  expect(printed(inCallback('\t\tv.a = 1.5'))).toMatch(/^x\.bpf\.ts:7:13 error/)
  expect(place).toBe('      \t\tv.a = 1.5')
  expect(caret).toBe('      \t\t      ^^^')
  expect(printed(inCallback('/* é 漢字 😀 e\u0301 */ v.a = 1.5'))).toBe(
    [
      'x.bpf.ts:7:28 error TSCC1002: a number with a fraction is not in the language',
      '      /* é 漢字 😀 e\u0301 */ v.a = 1.5',
      '                              ^^^',
      'help: a fixed-point number: 717 / 1024 for 0.7',
    ].join('\n'),
  )
  expect(printed(inCallback('v.a = 1.5').replaceAll('\n', '\r\n')).split('\n')[1]).toBe('      v.a = 1.5')
  expect(printed("// é 漢字 😀\nconst é = 'é'; const = 1")).toMatch(/^x\.bpf\.ts:2:22 error TSCC1001/)
})

test('a painter colours the parts', () => {
  const text = inCallback('v.b = v.a')
  const [first] = compile(text, { fileName: 'x.bpf.ts' }).diagnostics
  if (first === undefined) throw new Error('no diagnostic')
  expect(diagnosticText(first, text, { paint: (part, one) => `<${part}>${one}</>` })).toBe(
    [
      '<place>x.bpf.ts:7:11</> <error>error TSCC2103:</> u32 does not fit u16',
      '      v.b = v.a',
      '            <mark>^^^</>',
      '<help>help:</> cut it on purpose: u16(v.a)',
    ].join('\n'),
  )
})

test('all mistakes of a file at once, in their order, and none that only follows', () => {
  const text = inCallback(`const half = tp.snd_cwnd * 0.5
    const twice = half * 2
    if (half > tp.nothing) { v.a = half; v.b = v.a } else v.zz = 1
    let x = tp.snd_cwn, y = v.q
    v.a = x + y + tp.also_nothing
    return tp.none`)
  expect(found(text).map(([code, marked]) => [code, marked])).toEqual([
    ['TSCC1002', '0.5'],
    ['TSCC2002', 'nothing'],
    ['TSCC2103', 'v.a'],
    ['TSCC2002', 'zz'],
    ['TSCC2002', 'snd_cwn'],
    ['TSCC2002', 'q'],
    ['TSCC2002', 'also_nothing'],
    ['TSCC2002', 'none'],
  ])
})

test('a function that is inlined twice has its mistakes once; one that nobody calls has them too', () => {
  const functions = `function f(tp: tcp_sock): u32 { return tp.nothing }
function g(tp: tcp_sock): u32 { return tp.nothing_else }
`
  expect(found(functions + inCallback('v.a = f(tp) + f(tp)')).map(([, marked]) => marked)).toEqual([
    'nothing',
    'nothing_else',
  ])
})

test('the stack: at the name of the function that needs too much', () => {
  // Each would fit, all of them do not.
  const body = `const a: FixedArray<u64, 50> = []
    const b: FixedArray<u64, 50> = []
    for (const i of range(50)) a[i] = b[i] = i
    for (const i of range(50)) v.d += a[i] + b[i]`
  expect(found(inCallback(body))).toMatchObject([
    ['TSCC2302', 'ssthresh', expect.stringMatching(/^ssthresh needs \d+ bytes of stack, of 512$/)],
  ])
  const own = `const fill = noinline((n: u32): u32 => { ${body.replace('v.d', 'total.value')}; return n })
export const total = global<u64>(0)
`
  expect(found(own + inCallback('v.a = fill(1)'))).toMatchObject([
    ['TSCC2302', 'fill', expect.stringMatching(/^fill needs/)],
  ])
})

test('two parameters of one name', () => {
  expect(found('function f(a: u32, b: u32, a: u32): u32 { return a + b }\n')).toContainEqual([
    'TSCC2008',
    'a: u32',
    'a is there twice',
  ])
})
