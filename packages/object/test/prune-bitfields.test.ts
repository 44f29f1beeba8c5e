import { decode, type Insn } from '@tscc/insn'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pruneFunction } from '../src/link/prune/prune-function.ts'
import { contextOf, functionOf, pruned, rows, textOf } from './pruned-text.ts'

/** A load of so many bytes, and the shifts that leave `count` bits of it from bit `first` on, in r0. */
const field = (size: string, first: number, count: number, shift = '>>=', rest = 'exit'): string =>
  `r0 = *(${size} *)(r6 + 8) @offset\nr0 <<= ${64 - first - count} @left\nr0 ${shift} ${64 - count} @right\n${rest}`

describe('a bitfield as a value', () => {
  test.each([
    ['u64', 0, 64, 'r0 = *(u64 *)(r6 + 8)'],
    ['u64', 32, 32, 'r0 = *(u32 *)(r6 + 12)'],
    ['u64', 16, 16, 'r0 = *(u16 *)(r6 + 10)'],
    ['u32', 8, 8, 'r0 = *(u8 *)(r6 + 9)'],
    ['u64', 0, 5, 'r0 = *(u8 *)(r6 + 8)\nr0 &= 31'],
    ['u64', 24, 5, 'r0 = *(u8 *)(r6 + 11)\nr0 &= 31'],
    ['u32', 5, 3, 'r0 = *(u8 *)(r6 + 8)\nr0 >>= 5'],
    ['u32', 4, 12, 'r0 = *(u16 *)(r6 + 8)\nr0 >>= 4'],
    ['u64', 0, 31, 'r0 = *(u32 *)(r6 + 8)\nr0 &= 2147483647'],
    ['u64', 31, 33, 'r0 = *(u64 *)(r6 + 8)\nr0 >>= 31'],
    // No immediate is a mask of that many bits; and three steps are no better than three.
    ['u64', 0, 33, null],
    ['u32', 3, 4, null],
    // Crossing the halves of its integer.
    ['u32', 12, 8, null],
  ] as const)('%s, from bit %i on %i bits', (size, first, count, after) => {
    const text = field(size, first, count)
    expect(pruned(text)).toEqual(after === null ? textOf(functionOf(text)) : rows(`${after}\nexit`))
  })

  test.each([
    ['u64', 0, 64, 'r0 = *(u64 *)(r6 + 8)'],
    ['u64', 32, 32, 'r0 = *(u32 *)(r6 + 8)'],
    ['u32', 8, 8, 'r0 = *(u8 *)(r6 + 10)'],
    ['u32', 24, 8, 'r0 = *(u8 *)(r6 + 8)'],
    ['u32', 5, 3, 'r0 = *(u8 *)(r6 + 11)\nr0 >>= 5'],
    ['u64', 24, 5, 'r0 = *(u8 *)(r6 + 12)\nr0 &= 31'],
  ] as const)('%s, from bit %i on %i bits, big endian', (size, first, count, after) => {
    expect(pruned(field(size, first, count), { endian: 'big' })).toEqual(rows(`${after}\nexit`))
  })

  test('with a sign: what ends at bit 63 needs one shift, all else stays', () => {
    expect(pruned(field('u64', 48, 16, 's>>='))).toEqual(rows('r0 = *(u64 *)(r6 + 8)\nr0 s>>= 48\nexit'))
    const text = field('u32', 8, 8, 's>>=')
    expect(pruned(text)).toEqual(textOf(functionOf(text)))
  })

  test('a field that reaches beyond its load has zeros there, and no sign', () => {
    const text = 'r0 = *(u16 *)(r6 + 8) @offset\nr0 <<= 40 @left\nr0 s>>= 48 @right\nexit'
    expect(pruned(text)).toEqual(rows('r0 = *(u8 *)(r6 + 9)\nexit'))
  })

  test('others may work in between', () => {
    const text = 'r1 = *(u64 *)(r6 + 8) @offset\nr0 = r7\nr1 <<= 48 @left\nr0 += 4\nr1 >>= 56 @right\nr0 += r1\nexit'
    expect(pruned(text)).toEqual(rows('r1 = *(u8 *)(r6 + 9)\nr0 = r7\nr0 += 4\nr0 += r1\nexit'))
  })

  test.each([
    ['loads that no relocation wrote', field('u64', 0, 8).replace('@offset', '')],
    ['shifts that no relocation wrote', field('u64', 0, 8).replace('@left', '')],
    [
      'an integer that is read in between',
      field('u64', 0, 8).replace('\nr0 >>=', '\nr7 = r0\nr7 += 1\n*(u64 *)(r10 - 8) = r7\nr0 >>='),
    ],
    ['a way that leads in between', `if r1 == 0 goto l\n${field('u64', 0, 8).replace('\nr0 <<=', '\nl:\nr0 <<=')}`],
    ['a field that the program itself shifts', 'r0 = *(u32 *)(r6 + 8) @offset\nr0 >>= 24\nexit'],
    ['loads with a sign', field('s32', 0, 8)],
  ])('not: %s', (_, text) => {
    expect(pruned(text)).toEqual(textOf(functionOf(text)))
  })
})

/** r0 after loads and arithmetic on memory at r6, up to `exit`. */
function resultOf(code: readonly Insn[], memory: Uint8Array, little: boolean): bigint {
  const view = new DataView(memory.buffer)
  let r0 = 0n
  for (const insn of code) {
    if (insn.kind === 'load') {
      const { off, size } = insn
      if (size === 'u8') r0 = BigInt(view.getUint8(off))
      else if (size === 'u16') r0 = BigInt(view.getUint16(off, little))
      else if (size === 'u32') r0 = BigInt(view.getUint32(off, little))
      else r0 = view.getBigUint64(off, little)
    } else if (insn.kind === 'alu') {
      const by = BigInt(insn.src)
      if (insn.op === 'and') r0 &= by
      else if (insn.op === 'lsh') r0 = BigInt.asUintN(64, r0 << by)
      else if (insn.op === 'rsh') r0 >>= by
      else r0 = BigInt.asUintN(64, BigInt.asIntN(64, r0) >> by)
    }
  }
  return r0
}

test.each(['little', 'big'] as const)('whatever the bitfield, it is the same as before, %s endian', (endian) => {
  const load = fc.constantFrom('u8', 'u16', 'u32', 'u64')
  const memory = fc.uint8Array({ minLength: 16, maxLength: 16 })
  const shifts = fc.tuple(fc.nat(63), fc.nat(63), fc.constantFrom('>>=', 's>>='))
  let shorter = 0
  fc.assert(
    fc.property(load, shifts, memory, (size, [up, down, shift], bytes) => {
      const text = `r0 = *(${size} *)(r6 + 8) @offset\nr0 <<= ${up} @left\nr0 ${shift} ${down} @right\nexit`
      const before = functionOf(text, endian)
      const after = pruneFunction(before, contextOf({ endian }))
      if (after !== before) shorter++
      const [one, two] = [before, after].map(({ code }) =>
        resultOf(decode(code, { endian }), bytes, endian === 'little'),
      )
      expect(two, text).toBe(one)
    }),
    { numRuns: 5000 },
  )
  expect(shorter).toBeGreaterThan(500)
})

describe('a bitfield that is tested and forgotten', () => {
  const tested = (condition: string, size = 'u32', first = 4, count = 1): string =>
    field(size, first, count, '>>=', `if ${condition} goto l\nr0 = 1\ngoto m\nl:\nr0 = 2\nm:\nr0 += r7\nexit`)
  const end = 'r0 = 1\ngoto +1\nr0 = 2\nr0 += r7\nexit'
  const swapped = 'r0 = 2\nr0 += r7\nexit\nr0 = 1\ngoto -4'

  test.each([
    ['not zero', tested('r0 != 0'), `r0 = *(u8 *)(r6 + 8)\nif r0 & 16 goto +2\n${end}`],
    ['not zero, of 32 bits', tested('w0 != 0'), `r0 = *(u8 *)(r6 + 8)\nif r0 & 16 goto +2\n${end}`],
    ['above zero', tested('r0 > 0'), `r0 = *(u8 *)(r6 + 8)\nif r0 & 16 goto +2\n${end}`],
    ['one, of one bit', tested('r0 == 1'), `r0 = *(u8 *)(r6 + 8)\nif r0 & 16 goto +2\n${end}`],
    [
      'zero, where the other way may come first',
      tested('r0 == 0'),
      `r0 = *(u8 *)(r6 + 8)\nif r0 & 16 goto +3\n${swapped}`,
    ],
    ['not one, of one bit', tested('r0 != 1'), `r0 = *(u8 *)(r6 + 8)\nif r0 & 16 goto +3\n${swapped}`],
    ['a whole byte', tested('r0 == 0', 'u32', 8, 8), `r0 = *(u8 *)(r6 + 9)\nif r0 == 0 goto +2\n${end}`],
    ['a number', tested('r0 == 5', 'u32', 2, 4), `r0 = *(u8 *)(r6 + 8)\nr0 &= 60\nif r0 == 20 goto +2\n${end}`],
    [
      'the highest of 32 bits',
      tested('r0 != 0', 'u32', 15, 17),
      `r0 = *(u32 *)(r6 + 8)\nif r0 & -32768 goto +2\n${end}`,
    ],
  ])('%s', (_, before, after) => {
    expect(pruned(before)).toEqual(rows(after))
  })

  test('zero, where both ways meet again', () => {
    const text = field('u32', 3, 2, '>>=', 'if r0 == 0 goto l\nr7 += 1\nl:\nr0 = r7\nexit')
    expect(pruned(text)).toEqual(rows('r0 = *(u8 *)(r6 + 8)\nr0 &= 24\nif r0 == 0 goto +1\nr7 += 1\nr0 = r7\nexit'))
  })

  test('zero, before a goto that is nobody else’s', () => {
    const text = field(
      'u32',
      3,
      2,
      '>>=',
      'if r0 == 0 goto l\ngoto m\nl:\nr7 += 1\nr8 += 1\nm:\nr0 = r7\nr0 += r8\nexit',
    )
    expect(pruned(text)).toEqual(
      rows('r0 = *(u8 *)(r6 + 8)\nif r0 & 24 goto +2\nr7 += 1\nr8 += 1\nr0 = r7\nr0 += r8\nexit'),
    )
  })

  test('without the second shift it is bits from 0 on', () => {
    const text = 'r0 = *(u32 *)(r6 + 8) @offset\nr0 <<= 59 @left\nif r0 != 0 goto l\nr0 = 1\nexit\nl:\nr0 = 2\nexit'
    expect(pruned(text)).toEqual(rows('r0 = *(u8 *)(r6 + 8)\nif r0 & 31 goto +2\nr0 = 1\nexit\nr0 = 2\nexit'))
    expect(pruned(text, { endian: 'big' })[0]).toBe('r0 = *(u8 *)(r6 + 11)')
    const number = text.replace('r0 != 0', 'r0 != 1')
    expect(pruned(number)).toEqual(textOf(functionOf(number)))
    const half = text.replace('r0 != 0', 'w0 != 0')
    expect(pruned(half)).toEqual(textOf(functionOf(half)))
  })

  test('a value that is wanted later is taken out', () => {
    const text = field('u32', 0, 4, '>>=', 'if r0 != 0 goto l\nr0 = 7\nl:\nexit')
    expect(pruned(text)).toEqual(rows('r0 = *(u8 *)(r6 + 8)\nr0 &= 15\nif r0 != 0 goto +1\nr0 = 7\nexit'))
  })

  test('with a sign only zero is told apart', () => {
    const text = tested('r0 == 5', 'u32', 2, 4).replace('>>=', 's>>=')
    expect(pruned(text)).toEqual(textOf(functionOf(text)))
    const zero = tested('r0 != 0', 'u32', 2, 4).replace('>>=', 's>>=')
    expect(pruned(zero)).toEqual(rows(`r0 = *(u8 *)(r6 + 8)\nif r0 & 60 goto +2\n${end}`))
  })

  test('one bit with a sign is never 1, nor is one that was not shifted down', () => {
    for (const text of [
      tested('r0 == 1').replace('>>=', 's>>='),
      'r0 = *(u32 *)(r6 + 8) @offset\nr0 <<= 63 @left\nif r0 == 1 goto l\nr0 = 1\nexit\nl:\nr0 = 2\nexit',
    ])
      expect(pruned(text)).toEqual(textOf(functionOf(text)))
  })

  test('a goto that others need stays what it is', () => {
    const text = `may_goto g\n${field('u32', 3, 2, '>>=', 'if r0 == 0 goto l\ng:\ngoto m\nl:\nr7 += 1\nm:\nr0 = r7\nexit')}`
    expect(pruned(text)).toEqual(
      rows(`may_goto +5
        r0 = *(u8 *)(r6 + 8)
        if r0 & 24 goto +1
        r7 += 1
        r0 = r7
        exit
        goto -3`),
    )
  })

  test('more than 32 bits are not what a comparison of 32 bits looks at', () => {
    const text = tested('w0 != 0', 'u64', 8, 40)
    expect(pruned(text)).toEqual(textOf(functionOf(text)))
  })

  test('nor do masks have more than 31 bits of 64', () => {
    for (const [first, count] of [
      [30, 4],
      [31, 2],
      [0, 40],
    ] as const) {
      const text = tested('r0 != 0', 'u64', first, count)
      expect(pruned(text)).toEqual(textOf(functionOf(text)))
    }
  })
})

describe('addresses', () => {
  test.each([
    [
      'an offset goes into the load',
      'r7 = r6\nr7 += 1360 @offset\nr0 = *(u8 *)(r7 + 97)\nexit',
      'r0 = *(u8 *)(r6 + 1457)\nexit',
    ],
    [
      'also of the register itself',
      'r7 += 1360 @offset\nr7 = *(u8 *)(r7 + 97)\nr0 = r7\nexit',
      'r0 = *(u8 *)(r7 + 1457)\nexit',
    ],
    [
      'there and back',
      'r6 += 1360 @offset\n*(u8 *)(r6 + 97) = r1\nr6 -= 1360 @offset\nr0 = *(u32 *)(r6 + 4)\nexit',
      '*(u8 *)(r6 + 1457) = r1\nr0 = *(u32 *)(r6 + 4)\nexit',
    ],
    [
      'a copy for loads only',
      'r7 = r6\nr0 = *(u8 *)(r7 + 1)\nr1 = *(u8 *)(r7 + 2)\nr0 += r1\nexit',
      'r0 = *(u8 *)(r6 + 1)\nr1 = *(u8 *)(r6 + 2)\nr0 += r1\nexit',
    ],
    ['additions that no relocation wrote', 'r7 = r6\nr7 += 1360\nr0 = *(u8 *)(r7 + 97)\nexit', null],
    ['an address that is stored', 'r7 = r6\n*(u64 *)(r10 - 8) = r7\nr0 = *(u8 *)(r7 + 1)\nexit', null],
    ['even at itself', 'r7 += 8 @offset\n*(u64 *)(r7 + 8) = r7\nr0 = 0\nexit', null],
    ['a copy that outlives its address', 'r7 = r6\nr6 = *(u64 *)(r6 + 8)\nr0 = *(u8 *)(r7 + 1)\nr0 += r6\nexit', null],
    [
      'an address that other blocks use',
      'r6 += 8 @offset\nr0 = *(u8 *)(r6 + 1)\nif r0 == 0 goto l\nr0 = *(u8 *)(r6 + 2)\nl:\nexit',
      'r0 = *(u8 *)(r6 + 9)\nif r0 == 0 goto +1\nr0 = *(u8 *)(r6 + 10)\nexit',
    ],
    [
      'beside its base',
      'r7 = r6\nr7 += 8 @offset\nr0 = *(u8 *)(r6 + 1)\nif r0 == 0 goto l\nr0 = *(u8 *)(r7 + 2)\nl:\nexit',
      'r0 = *(u8 *)(r6 + 1)\nif r0 == 0 goto +1\nr0 = *(u8 *)(r6 + 10)\nexit',
    ],
    [
      'an address that one way only brings',
      'r0 = *(u8 *)(r6 + 1)\nif r0 == 0 goto l\nr6 += 8 @offset\nl:\nr0 = *(u8 *)(r6 + 2)\nexit',
      null,
    ],
    [
      'a base that one way only keeps',
      'r7 = r6\nr7 += 8 @offset\nr0 = *(u8 *)(r6 + 1)\nif r0 == 0 goto l\nr6 = *(u64 *)(r6 + 8)\nl:\nr0 = *(u8 *)(r7 + 2)\nr0 += r6\nexit',
      'r7 = r6\nr0 = *(u8 *)(r6 + 1)\nif r0 == 0 goto +1\nr6 = *(u64 *)(r6 + 8)\nr0 = *(u8 *)(r7 + 10)\nr0 += r6\nexit',
    ],
    [
      'around a loop',
      'r6 += 8 @offset\nl:\nr0 = *(u8 *)(r6 + 1)\nif r0 != 0 goto l\nexit',
      'r0 = *(u8 *)(r6 + 9)\nif r0 != 0 goto -2\nexit',
    ],
    [
      'a copy of what is written while the copy is needed',
      'r6 = *(u64 *)(r1 + 0)\nr7 = r6\nr6 = *(u32 *)(r6 + 8)\n*(u32 *)(r7 + 4) = r6\nr0 = 0\nexit',
      'r7 = *(u64 *)(r1 + 0)\nr6 = *(u32 *)(r7 + 8)\n*(u32 *)(r7 + 4) = r6\nr0 = 0\nexit',
    ],
    [
      'the same on two ways',
      'r6 = *(u64 *)(r1 + 0)\nr7 = r6\nr0 = *(u32 *)(r6 + 8)\nif r0 == 0 goto l\nr6 = *(u32 *)(r6 + 4)\nr0 += r6\nl:\n*(u32 *)(r7 + 4) = r0\nexit',
      'r7 = *(u64 *)(r1 + 0)\nr0 = *(u32 *)(r7 + 8)\nif r0 == 0 goto +2\nr6 = *(u32 *)(r7 + 4)\nr0 += r6\n*(u32 *)(r7 + 4) = r0\nexit',
    ],
    [
      'not a copy of what is also used for others than loads and stores',
      'r6 = *(u64 *)(r1 + 0)\nr7 = r6\nr0 = r6\nr0 += 1\nr6 = *(u32 *)(r6 + 8)\n*(u32 *)(r7 + 4) = r6\nexit',
      null,
    ],
    [
      'not a copy that is written before its source is needed',
      'r6 = *(u64 *)(r1 + 0)\nr7 = r6\nr7 += 1\nr6 = *(u32 *)(r6 + 8)\n*(u32 *)(r7 + 4) = r6\nr0 = 0\nexit',
      null,
    ],
    [
      'not a copy that others come to',
      'r6 = *(u64 *)(r1 + 0)\nl:\nr7 = r6\nr6 = *(u64 *)(r6 + 8)\n*(u32 *)(r7 + 4) = r6\nif r6 != 0 goto l\nr0 = 0\nexit',
      null,
    ],
    ['but not in it', 'l:\nr6 += 8 @offset\nr0 = *(u8 *)(r6 + 1)\nif r0 != 0 goto l\nexit', null],
    ['a place that no offset reaches', 'r6 += 32760 @offset\nr0 = *(u8 *)(r6 + 97)\nexit', null],
  ])('%s', (_, before, after) => {
    expect(pruned(before)).toEqual(after === null ? textOf(functionOf(before)) : rows(after))
  })
})
