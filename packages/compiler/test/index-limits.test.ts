// Conditions say how much a name can be that nobody assigns to.
import { passNames } from '@tscc/compiler'
import { hostKernel } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { compiled } from './compiled.ts'
import { inCallback, mistakesOf } from './mistakes.ts'
import { runnable } from './random/kernel.ts'

const SQUARES = [0, 1, 4, 9, 16, 25, 36, 49]
const before = `const SQUARES: FixedArray<u32, 8> = [${SQUARES}]
function square(i: u32): u32 { return i < 8 ? SQUARES[i] : 100 }
`
const squareOf = (i: number, other = 100): number => SQUARES[i] ?? other

describe.skipIf(!needs('bpf'))('an index that a condition limits', () => {
  test.each<[string, string, (a: number) => number]>([
    ['?:', 'const i = v.a; v.d = i < 8 ? SQUARES[i] : 100', (a) => squareOf(a)],
    ['the other way round', 'const i = v.a; v.d = i >= 8 ? 100 : SQUARES[i]', (a) => squareOf(a)],
    ['the number first', 'const i = v.a; v.d = 7 >= i ? SQUARES[i] : 100', (a) => squareOf(a)],
    ['if', 'const i = v.a; v.d = 100; if (i <= 7) v.d = SQUARES[i]', (a) => squareOf(a)],
    ['leaving before', 'const i = v.a; v.d = 100; if (i > 7) return 2; v.d = SQUARES[i]', (a) => squareOf(a)],
    [
      'leaving otherwise',
      'const i = v.a; v.d = 100; if (i < 8) v.d = 1; else return 2; v.d = SQUARES[i]',
      (a) => squareOf(a),
    ],
    ['the length', 'const i = v.a; v.d = i < SQUARES.length ? SQUARES[i] : 100', (a) => squareOf(a)],
    [
      '&&',
      'const i = v.a; v.d = i < 8 && SQUARES[i] > 8 ? SQUARES[i] : 100',
      (a) => (squareOf(a, 0) > 8 ? squareOf(a) : 100),
    ],
    [
      '||',
      'const i = v.a; v.d = i >= 8 || SQUARES[i] > 8 ? 100 : SQUARES[i]',
      (a) => (squareOf(a) > 8 ? 100 : squareOf(a)),
    ],
    ['!', 'const i = v.a; v.d = !(i >= 8) ? SQUARES[i] : 100', (a) => squareOf(a)],
    [
      'what is equal',
      'const i = v.a; const j = v.b; v.d = 100; if (j < 8 && i === j) v.d = SQUARES[i]',
      (a) => (a === 3 ? 9 : 100),
    ],
    [
      'what differs otherwise',
      'const i = v.a; v.d = 100; if (i !== 7) return 2; v.d = SQUARES[i]',
      (a) => (a === 7 ? 49 : 100),
    ],
    [
      'another limited name',
      'const n = min(v.a, 7); const i = v.b + 2; v.d = i <= n ? SQUARES[i] : 100',
      (a) => (a < 5 ? 100 : 25),
    ],
    ['twice', 'const i = v.a; v.d = 100; if (i < 100) if (i < 8) v.d = SQUARES[i]', (a) => squareOf(a)],
    ['what is left to the end', 'const i = v.a; v.d = i < 8 ? SQUARES[7 - i] : 100', (a) => squareOf(7 - a)],
    ['a parameter', 'v.d = square(v.a)', (a) => squareOf(a)],
    ['a byte', 'const i = v.a; v.f = 1; if (i < 200) v.f = i; v.d = v.f', (a) => (a < 200 ? a : 1)],
  ])('%s', (_, body, expected) => {
    for (const without of [[], ['decideKnown', 'fold', 'threadJumps'], passNames] as const) {
      using program = runnable(hostKernel(), compiled(inCallback(`${body}\nreturn 2`, before), { without }).object)
      const view = new DataView(program.state.buffer, program.state.byteOffset)
      for (const a of [0, 1, 3, 5, 7, 8, 9, 199, 200, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
        view.setUint32(0, a, true)
        view.setUint16(4, 3, true)
        program.run()
        expect([without, a, view.getBigUint64(16, true)]).toEqual([without, a, BigInt(expected(a))])
      }
    }
  })
})

test.each([
  ['where it does not hold', 'const i = v.a; v.d = i < 8 ? 100 : SQUARES[i]', 'i'],
  ['of one more', 'const i = v.a; v.d = i <= 8 ? SQUARES[i] : 100', 'i'],
  ['after it', 'const i = v.a; if (i < 8) v.d = 1; v.d = SQUARES[i]', 'i'],
  ['of what is assigned to', 'let i = v.a; if (i >= 8) return 2; i++; v.d = SQUARES[i]', 'i'],
  ['of what lies in memory', 'if (v.a < 8) v.d = SQUARES[v.a]', 'v.a'],
  ['of another', 'const i = v.a; const j = v.b; if (j < 8) v.d = SQUARES[i]', 'i'],
  ['of one of two', 'const i = v.a; if (i < 8 || v.b > 3) v.d = SQUARES[i]', 'i'],
  ['with a sign', 'const i = v.c; if (i < 8) v.d = SQUARES[i]', 'i'],
  ['of something below it', 'const i = v.a; if (i > 8) return 2; v.d = SQUARES[9 - i]', '9 - i'],
  ['of a difference from less', 'const i = v.a; if (i > 7) return 2; v.d = SQUARES[6 - i]', '6 - i'],
])('a condition is no limit %s', (_, body, marked) => {
  expect(mistakesOf(inCallback(body, before)).map((one) => one.slice(0, 2))).toEqual([['TSCC2305', marked]])
})

test('a case of a switch tells the next one nothing, which can be reached without it', () => {
  const body = 'const i = v.a; switch (v.b) { case 1: if (i > 7) break; v.d = SQUARES[i]; case 2: v.d = SQUARES[i] }'
  expect(mistakesOf(inCallback(body, before)).map((one) => one.slice(0, 2))).toEqual([['TSCC2305', 'i']])
  const flows = 'const flows = hash<u32, u64>(8)\n'
  const found =
    'const f = flows.lookup(1); switch (v.b) { case 1: if (f === null) break; f.value++; case 2: f.value++ }'
  expect(mistakesOf(inCallback(found, flows)).map((one) => one[1])).toEqual(['f'])
  const declares = 'switch (v.b) { case 1: const i = min(v.a, 7); v.d = i; case 2: v.d = 2; default: v.d = 3 }'
  expect(mistakesOf(inCallback(declares, before))).toEqual([])
})
