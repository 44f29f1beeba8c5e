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
