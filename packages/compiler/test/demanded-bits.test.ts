import type { CompileOptions } from '@tscc/compiler'
import { describe, expect, test } from 'vitest'
import { disassembled, ssthreshWith } from './ssthresh.ts'

/** Instructions of ssthresh with a body, as text. */
const codeOf = (body: string, options: CompileOptions = {}): string =>
  disassembled(ssthreshWith('wide: u64; a: u32; b: u32; half: u16; byte: u8', body, options)).join('\n')
/** A move of 32 bits, or an `and`. */
const cut = /\bw(\d) = w\d\b|&= /

describe('bits that nobody looks at are not cut off', () => {
  test.each([
    ['a store of as many bytes', 'v.half = u16(v.a)'],
    ['a store of fewer bytes', 'v.byte = u8(v.wide)'],
    ['a store of the lower half', 'v.a = u32(v.wide)'],
    ['sums, products and differences of the lower half', 'v.a = u32(v.wide) * 3 + v.b - u32(v.wide >> 8)'],
    ['comparisons of the lower half', 'if (u32(v.wide) > v.b) v.b = 1'],
    ['what comes together', 'let low = u32(v.wide); if (v.b > 7) low += 2; v.b = low'],
  ])('%s', (_, body) => {
    expect(codeOf(body)).not.toMatch(cut)
    expect(codeOf(body, { without: ['dropCuts'] })).toMatch(cut)
  })

  test('what a function of the kernel gave, given on by a callback of 32 bits', () => {
    const body = 'if (v.a === 3) return tcp_reno_ssthresh(sk)'
    expect(codeOf(body)).not.toMatch(cut)
    expect(codeOf(body, { without: ['dropCuts'] })).toMatch(cut)
    // Whoever runs it elsewhere sees the whole register.
    expect(codeOf('return u32(v.wide + 1)')).toMatch(cut)
    expect(codeOf('v.wide = tcp_reno_ssthresh(sk)')).toMatch(cut)
  })

  test.each([
    ['a wider result', 'v.wide = u64(u32(v.wide))'],
    ['a result', 'return u32(v.wide)'],
    ['bits that are shifted down', 'v.b = u32(u16(v.a)) >> 3'],
    ['a division', 'v.b = u32(u16(v.a)) / 3'],
    ['a comparison', 'if (u16(v.a) > 4) v.b = 1'],
    ['half of them', 'v.half = u16(u8(v.a))'],
  ])('%s needs them gone', (_, body) => {
    expect(codeOf(body)).toMatch(cut)
  })

  test('programs for older CPUs, whose comparisons see all 64 bits', () => {
    expect(codeOf('if (u32(v.wide) > v.b) v.b = 1', { cpu: 'v2' })).toMatch(/>>= 32/)
  })
})
