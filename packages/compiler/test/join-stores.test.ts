import type { CompileOptions } from '@tscc/compiler'
import { hostKernel } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { runnable } from './random/kernel.ts'
import { disassembled, ssthreshWith } from './ssthresh.ts'

/** `a` and `b` at bytes 0 and 4, then 2, 2, 1, 1 and 2 bytes that fill another eight. */
const STATE = 'a: u32; b: u32; c: u16; d: u16; e: u8; f: u8; g: u16; wide: u64; n: u32; list: FixedArray<u8, 4>'
const BESIDE = `
interface Pair { x: u32; y: u32 }
let shared: Pair
function clear(v: S): void { v.b = 0 }
function look(v: S): void { v.wide = u64(v.a) + v.b }`
const objectOf = (body: string, options?: CompileOptions) => ssthreshWith(STATE, body, options, BESIDE)

/** Stores of ssthresh, as text without the registers and places. */
function storesOf(body: string, options: CompileOptions = {}): readonly string[] {
  return disassembled(objectOf(body, options)).flatMap((line) => {
    const [, size, value] = /\*\((u\d+) \*\)\(r\d+ [+-] \d+\) = (\S+)/.exec(line) ?? []
    return size === undefined ? [] : [`${size} ${/^[rw]/.test(value ?? '') ? 'register' : value}`]
  })
}

describe('numbers stored side by side are stored at once', () => {
  test.each<[string, string, string[], CompileOptions?]>([
    ['two of 32 bits', 'v.a = 7; v.b = 0', ['u64 7']],
    ['the upper one first', 'v.b = 0; v.a = 7', ['u64 7']],
    ['all ones', 'v.a = 0xffffffff; v.b = 0xffffffff', ['u64 -1']],
    ['of 16 bits', 'v.c = 1; v.d = 2', ['u32 131073']],
    ['of 8 bits', 'v.e = 1; v.f = 2', ['u16 513']],
    ['until there are eight bytes, in any order', 'v.g = 0; v.e = 0; v.d = 0; v.f = 0; v.c = 9', ['u64 9']],
    ['elements', 'v.list[0] = 1; v.list[1] = 2; v.list[2] = 3; v.list[3] = 4', ['u32 67305985']],
    ['around what has nothing to do with them', 'v.a = 1; v.wide = v.n; v.b = 0', ['u64 register', 'u64 1']],
    ['also by a function', 'v.a = 1; clear(v)', ['u64 1']],
    [
      'on the stack',
      'const p: Pair = { x: 1, y: 0 }; v.wide = u64(p.x) + p.y',
      ['u64 1', 'u64 register'],
      { without: ['reuseLoads'] },
    ],
  ])('%s', (_, body, expected, options = {}) => {
    expect(storesOf(body, options)).toEqual(expected)
    const apart = storesOf(body, { without: [...(options.without ?? []), 'joinStores'] })
    expect(apart.length).toBeGreaterThan(expected.length)
  })

  test.each([
    ['a number that an instruction has no room for', 'v.a = 1; v.b = 5', ['u32 1', 'u32 5']],
    ['an upper half of ones above a sign that is none', 'v.a = 1; v.b = 0xffffffff', ['u32 1', 'u32 -1']],
    ['bytes that lie across', 'v.list[1] = 1; v.list[2] = 2', ['u8 1', 'u8 2']],
    ['bytes apart', 'v.list[0] = 1; v.list[3] = 2', ['u8 1', 'u8 2']],
    ['others than numbers', 'v.a = v.n; v.b = 0', ['u32 register', 'u32 0']],
    ['variables, whose place in a map is not aligned', 'shared.x = 0; shared.y = 0', ['u32 0', 'u32 0']],
  ])('not %s', (_, body, expected) => {
    expect(storesOf(body)).toEqual(expected)
  })
})

describe.skipIf(!needs('bpf'))('what is stored is what was', () => {
  const all: CompileOptions['without'] = ['reuseLoads', 'removeDeadStores', 'sinkStores', 'fold', 'decideKnown']

  test.each<readonly [string, string, readonly [a: number, b: number, wide: bigint]]>([
    ['in order', 'v.a = 5; v.b = 0; v.wide = 3', [5, 0, 3n]],
    ['read in between', 'v.a = 5; v.wide = v.a; v.b = 0', [5, 0, 5n]],
    ['read before', 'v.wide = v.b; v.b = 0; v.a = 5', [5, 0, 22n]],
    ['by a callee in between', 'v.a = 5; look(v); v.b = 0', [5, 0, 27n]],
    ['written in between', 'v.a = 5; v.a = v.n; v.b = 0', [33, 0, 44n]],
    ['on one way only', 'v.a = 5; if (v.n === 0) v.b = 0', [5, 22, 44n]],
    ['on the other way', 'v.a = 5; if (v.n === 33) v.b = 0', [5, 0, 44n]],
    ['where ways meet', 'if (v.n === 0) v.a = 5; v.b = 0', [11, 0, 44n]],
    ['where ways meet that both store', 'if (v.n === 0) v.a = 5; else v.c = 1; v.b = 0', [11, 0, 44n]],
    ['the other way round', 'if (v.n !== 0) v.c = 1; else v.a = 5; v.b = 0', [11, 0, 44n]],
    ['around a loop', 'v.a = 5; for (let i: u32 = 0; i < 3; i++) { v.wide += v.b; v.b = 0 }', [5, 0, 66n]],
    ['with signs', 'v.a = 0xfffffffe; v.b = 0xffffffff', [0xfffffffe, 0xffffffff, 44n]],
  ])('%s', (_, body, expected) => {
    for (const options of [{}, { without: all }, { without: ['joinStores'] }] satisfies CompileOptions[]) {
      using program = runnable(hostKernel(), objectOf(body, options))
      const view = new DataView(program.state.buffer, program.state.byteOffset)
      view.setUint32(0, 11, true)
      view.setUint32(4, 22, true)
      view.setBigUint64(16, 44n, true)
      view.setUint32(24, 33, true)
      program.run()
      const found = [view.getUint32(0, true), view.getUint32(4, true), view.getBigUint64(16, true)]
      expect([options, ...found]).toEqual([options, ...expected])
    }
  })
})
