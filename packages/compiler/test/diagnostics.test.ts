import { compile, diagnosticText } from '@tscc/compiler'
import { expect, test } from 'vitest'

const inCallback = (body: string): string =>
  `interface V { a: u32; b: u16; c: s32; d: u64 }
export default structOps<tcp_congestion_ops>({
  name: 'x',
  ssthresh(sk) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<V>(sk)
    ${body}
    return tp.snd_cwnd
  },
  undo_cwnd: () => 2,
  cong_avoid() {},
})
`

/** Code, the marked text and the message of each diagnostic. */
function found(text: string): readonly (readonly [string, string, string])[] {
  return compile(text).diagnostics.map(({ code, span, message }) => [code, text.slice(span.start, span.end), message])
}

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
  expect(found('const A = 1')).toMatchObject([['TSCC1003', 'c', 'the module exports no struct_ops']])
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
