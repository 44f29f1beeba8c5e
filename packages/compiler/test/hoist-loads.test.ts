import type { CompileOptions } from '@tscc/compiler'
import { expect, test } from 'vitest'
import { disassembled, ssthreshWith } from './ssthresh.ts'

/** How often ssthresh with a body has a load of `v.b`. */
const loadsOf = (body: string, without: CompileOptions['without'] = []): number =>
  disassembled(ssthreshWith('a: u32; b: u32; c: u32; d: u32', body, { without })).filter((line) =>
    /= \*\(u32 \*\)\(r\d \+ 4\)/.test(line),
  ).length

test.each([
  ['both sides', 'if (v.a < 6) return v.b + v.c; return v.b >> 1'],
  ['one side and where it meets the other', 'if (v.a !== 0 || v.b < v.c) return v.b < v.c ? 2 : 3; return 4'],
  ['both sides, that meet', 'let x: u32 = 0; if (v.a < 6) x = v.b * 2; else x = v.b / 3; v.d = 1; return x'],
])('a load that all ways come to is made once: %s', (_, body) => {
  expect(loadsOf(body)).toBe(1)
  expect(loadsOf(body, ['hoistLoads'])).toBe(2)
})

test.each([
  ['it is not the same behind a store', 'if (v.a < 6) { v.b = v.d; return v.b * 4 } return v.b >> 1', 1],
  ['it is not the same behind a call', 'if (v.a < 6) { tcp_reno_ssthresh(sk); return v.b * 4 } return v.b >> 1', 2],
  ['one side has none', 'if (v.a < 6) return v.c; return v.b >> 1', 1],
  ['one side may do without', 'if (v.a < 6) { if (v.d === 0) return 9; return v.b + v.c } return v.b >> 1', 2],
])('a load stays where it is: %s', (_, body, count) => {
  expect(loadsOf(body)).toBe(count)
  expect(loadsOf(body, ['hoistLoads'])).toBe(count)
})
