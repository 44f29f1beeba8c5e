import { expect, test } from 'vitest'
import { declared, inCallback, mistakesOf } from './mistakes.ts'

// What looks like a mistake and is none.

test.each([
  'v.b += v.a',
  'v.b++',
  'v.f = -1',
  'v.d = v.a',
  'v.c = v.b',
  'v.a = 1e6',
  'v.a = v.c + v.a',
  'v.c = v.c >> 3',
  'v.a = v.a >> v.b',
  'v.c = v.c << v.a',
  'if ((v.a = tp.snd_cwnd)) v.b = 1',
  'v.c = v.c >> v.a',
  'v.a = v.a >> u32(33)',
  'v.d = 5n',
  'let big = 5n; v.d = big',
  'if (v.a == 1) v.a = 2',
  'if (v.a) v.b = 1',
  'if (sk === tp) v.a = 1',
  'v.a = true',
  'v.a = -v.a',
  'v.a = abs(-3)',
  'v.a = TCP_INFINITE_SSTHRESH',
  'if (exists(tp.accecn_minlen)) v.a = tp.accecn_minlen',
  'if (!exists(tp.accecn_minlen)) return 1; v.a = tp.accecn_minlen',
  'v.a = exists(tp.accecn_minlen) ? tp.accecn_minlen : 0',
  'if (exists(tp.accecn_minlen) && tp.accecn_minlen > 1) v.a = 1',
  'if (!exists(tp.accecn_minlen) || tp.accecn_minlen > 1) v.a = 1',
  'if (kernelAtLeast(7, 3)) v.a = tp.accecn_minlen',
  'if (kernelAtLeast(6, 18)) v.a = tp.accecn_minlen',
  'if (!kernelAtLeast(6, 18)) return 1; v.a = tp.accecn_minlen',
  'if (hasKfunc(cubictcp_cwnd_event)) cubictcp_cwnd_event(sk, 1)',
  'if (exists(SK_RST_REASON_ERROR)) v.d = SK_RST_REASON_ERROR',
  'const x = flows.lookup(1); if (x === null) return 1; x.value++',
  'const x = flows.lookup(1); if (x) x.value++',
  'const x = flows.lookup(1); if (!x) return 1; x.value++',
  'const x = flows.lookup(1); if (x !== null && x.value > 3) x.value++',
  'const arr: FixedArray<u32, 8> = []; const five: FixedArray<u32, 5> = []; v.a = arr[v.a & 7]',
  'const arr: FixedArray<u32, 8> = []; const five: FixedArray<u32, 5> = []; v.a = arr[min(v.a, 7)]',
  'const arr: FixedArray<u32, 8> = []; const five: FixedArray<u32, 5> = []; v.a = arr[v.a % 8]',
  'const arr: FixedArray<u32, 8> = []; const five: FixedArray<u32, 5> = []; for (let i: u32 = 0; i < 8; i++) v.a += arr[i]',
  'const r = events.reserve(); if (r !== null) send(r)',
])('%s', (body) => {
  expect(mistakesOf(inCallback(body, declared))).toEqual([])
})

test('a parameter that is assigned to has no limit of its argument', () => {
  const at = `function at(a: FixedArray<u32, 8>, i: u32): u32 { i += 3; return a[i] }
`
  const body = 'const arr: FixedArray<u32, 8> = []; v.a = at(arr, min(v.a, 7))'
  expect(mistakesOf(inCallback(body, at)).map(([code, marked]) => [code, marked])).toEqual([['TSCC2305', 'i']])
})
