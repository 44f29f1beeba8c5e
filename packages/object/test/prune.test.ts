import { readFileSync } from 'node:fs'
import type { ObjectFunction } from '@tscc/object'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { helperParameters } from '../src/link/prune/helper-parameters.ts'
import { pruneFunction } from '../src/link/prune/prune-function.ts'
import { contextOf, functionOf, pruned, rows, textOf } from './pruned-text.ts'

describe('constants', () => {
  test.each([
    [
      'a condition that never holds goes, and its code',
      `
      r1 = 0
      if r1 == 0 goto no
      r0 = *(u32 *)(r6 + 8)
      exit
      no:
      r0 = 1
      exit`,
      'r0 = 1\nexit',
    ],
    [
      'a condition that always holds goes, its code stays',
      `
      r1 = 1
      if r1 == 0 goto no
      r0 = *(u32 *)(r6 + 8)
      exit
      no:
      r0 = 1
      exit`,
      'r0 = *(u32 *)(r6 + 8)\nexit',
    ],
    [
      'through wide loads, arithmetic and other registers',
      `
      r2 = 0x600000000 ll
      r2 >>= 32
      r3 = r2
      w3 += 6
      if w3 != 12 goto no
      r0 = 2
      exit
      no:
      r0 = 1
      exit`,
      'r0 = 2\nexit',
    ],
    [
      'where ways meet, if they agree',
      `
      r2 = 5
      if r1 == 0 goto other
      r2 = 5
      r0 = 7
      goto join
      other:
      r0 = 8
      join:
      if r2 != 5 goto no
      exit
      no:
      r0 = 1
      exit`,
      'if r1 == 0 goto +2\nr0 = 7\ngoto +1\nr0 = 8\nexit',
    ],
    [
      'not where they do not',
      `
      r2 = 5
      if r1 == 0 goto join
      r2 = 6
      join:
      if r2 != 5 goto no
      r0 = 0
      exit
      no:
      r0 = 1
      exit`,
      'r2 = 5\nif r1 == 0 goto +1\nr2 = 6\nif r2 != 5 goto +2\nr0 = 0\nexit\nr0 = 1\nexit',
    ],
    [
      'a loop changes what was constant before it, but not what it leaves alone',
      `
      r2 = 0
      r3 = 4
      r4 = 0
      again:
      r2 += 1
      if r4 != 0 goto never
      if r2 != r3 goto again
      r0 = r2
      exit
      never:
      r0 = 9
      exit`,
      'r2 = 0\nr2 += 1\nif r2 != 4 goto -2\nr0 = r2\nexit',
    ],
    [
      'an enumerator becomes the immediate of a comparison',
      `
      w2 = 3
      if w1 != w2 goto no
      r0 = 0
      exit
      no:
      r0 = 1
      exit`,
      'if w1 != 3 goto +2\nr0 = 0\nexit\nr0 = 1\nexit',
    ],
    [
      'on the left, too',
      `
      w2 = 3
      if w2 s> w1 goto no
      r0 = 0
      exit
      no:
      r0 = 1
      exit`,
      'if w1 s< 3 goto +2\nr0 = 0\nexit\nr0 = 1\nexit',
    ],
    [
      'where it is wanted later, the move stays',
      `
      w2 = 3
      w1 += w2
      r0 = r1
      *(u32 *)(r10 - 8) = r2
      exit`,
      null,
    ],
    ['what fits no immediate stays in its register', 'r2 = 0x100000000 ll\nr0 = r1\nr0 += r2\nexit', null],
    ['a mask of 32 ones is no immediate of 64 bits', 'w2 = -1\nr0 = r1\nr0 &= r2\nexit', null],
    ['but one of 32 bits', 'w2 = -1\nr0 = r1\nw0 &= w2\nexit', 'r0 = r1\nw0 &= -1\nexit'],
    ['a division by a register that is zero is no division by an immediate', 'r2 = 0\nr0 = r1\nr0 /= r2\nexit', null],
    ['nor is a shift by too much', 'r2 = 64\nr0 = r1\nr0 <<= r2\nexit', null],
    ['results become moves', 'r0 = 7\nr0 *= 6\nexit', 'r0 = 42\nexit'],
    ['and wide loads, where they fit', 'r0 = 0xfffffffe ll\nexit', 'w0 = -2\nexit'],
    ['an offset of nothing is not added', 'r0 = r1\nr0 += 0\nexit', 'r0 = r1\nexit'],
    ['unsigned numbers are at least 0', 'r0 = 5\nif r1 >= 0 goto l\nr0 = 4\nl:\nexit', 'r0 = 5\nexit'],
    ['the remainder by a register that is zero differs between kernels', 'r2 = 0\nr0 = -1\nw0 %= w2\nexit', null],
    [
      'a call forgets what r0 to r5 were',
      'r0 = 1\ncall 5\nif r0 == 1 goto l\nr0 = 0\nl:\nexit',
      'call 5\nif r0 == 1 goto +1\nr0 = 0\nexit',
    ],
  ])('%s', (_, before, after) => {
    expect(pruned(before)).toEqual(after === null ? textOf(functionOf(before)) : rows(after))
  })
})

describe('what nobody reads', () => {
  test.each([
    ['goes', 'r3 = r1\nr3 += r2\nr4 = *(u32 *)(r1 + 4)\nr0 = 0\nexit', 'r0 = 0\nexit'],
    ['unless memory changes', 'r3 = 5\nlock *(u64 *)(r10 - 8) += r3\nr0 = 0\nexit', null],
    [
      'an atomic that gives the old value writes its register',
      'r3 = 5\nr3 = atomic_fetch_add((u64 *)(r10 - 8), r3)\nr0 = 0\nexit',
      null,
    ],
    ['cmpxchg compares with r0', 'r0 = 5\nr3 = 6\nr0 = cmpxchg_64(r10 - 8, r0, r3)\nexit', null],
    ['a packet load takes r6', 'r6 = r1\nr0 = *(u8 *)skb[4]\nexit', null],
    ['helpers read their parameters', 'r1 = 1\nr2 = 2\nr3 = 3\nr6 = 6\ncall 1\nexit', 'r1 = 1\nr2 = 2\ncall 1\nexit'],
    ['unknown ones five registers', 'r1 = 1\nr5 = 5\nr6 = 6\ncall 5000\nexit', 'r1 = 1\nr5 = 5\ncall 5000\nexit'],
    ['and write six', 'r0 = 9\ncall 5\nr0 = 1\nexit', 'call 5\nr0 = 1\nexit'],
  ])('%s', (_, before, after) => {
    expect(pruned(before)).toEqual(after === null ? textOf(functionOf(before)) : rows(after))
  })

  test('a callback that returns nothing needs no r0', () => {
    expect(pruned('r0 = 0\nexit', { isVoid: true })).toEqual(['exit'])
  })

  test('a kfunc reads as many registers as it has parameters', () => {
    expect(pruned('r1 = 1\nr2 = 2\ncall -1 @x0\nr0 = 0\nexit', { parameters: 1 })).toEqual(
      rows('r1 = 1\ncall -1\nr0 = 0\nexit'),
    )
  })
})

test.skipIf(!needs('libbpf'))("helpers have as many parameters as libbpf's declarations say", () => {
  const text = readFileSync('/usr/include/bpf/bpf_helper_defs.h', 'utf8')
  const rows = [...text.matchAll(/\(\*(?:const )?bpf_\w+\)\(([^;]*)\) = \(void \*\) ?(\d+);/g)]
  expect(rows.length).toBeGreaterThan(200)
  for (const [, parameters = '', number = ''] of rows) {
    const count = parameters === 'void' ? 0 : parameters.includes('...') ? 5 : parameters.split(',').length
    expect([number, helperParameters(Number(number))]).toEqual([number, count])
  }
})

describe('jumps', () => {
  test.each([
    ['to what comes next', 'r0 = 0\nif r1 > 3 goto l\ngoto l\nl:\nexit', 'r0 = 0\nexit'],
    [
      'to a goto go where that goes',
      `
      if r1 == 1 goto a
      r0 = 1
      exit
      a:
      goto b
      c:
      r0 = 3
      exit
      b:
      if r1 == 2 goto c
      r0 = 2
      exit`,
      'if r1 == 1 goto +4\nr0 = 1\nexit\nr0 = 3\nexit\nif r1 == 2 goto -3\nr0 = 2\nexit',
    ],
    [
      'around a goto are turned round',
      'r0 = 0\nif r1 s> 1 goto a\ngoto b\na:\nr0 = 1\nb:\nexit',
      'r0 = 0\nif r1 s<= 1 goto +1\nr0 = 1\nexit',
    ],
    ['unless no opposite is known', 'r0 = 0\nif r1 & 8 goto a\ngoto b\na:\nr0 = 1\nb:\nexit', null],
    [
      'or somebody else needs the goto',
      `
      r0 = 0
      may_goto g
      if r1 == 8 goto a
      g:
      goto b
      a:
      r0 = 1
      b:
      exit`,
      null,
    ],
    [
      'to what nothing else leads to bring it there',
      `
      r2 = 1
      if r2 == 1 goto cold
      r0 = 1
      exit
      back:
      if r1 == 2 goto more
      r0 = 2
      exit
      more:
      r0 = 3
      exit
      cold:
      *(u32 *)(r10 - 4) = 1
      goto back`,
      '*(u32 *)(r10 - 4) = 1\nif r1 == 2 goto +2\nr0 = 2\nexit\nr0 = 3\nexit',
    ],
    ['in a circle stay', 'l:\ngoto l', null],
    ['and may_goto is let alone', 'may_goto l\nr0 = 1\nexit\nl:\nr0 = 2\nexit', null],
  ])('%s', (_, before, after) => {
    expect(pruned(before)).toEqual(after === null ? textOf(functionOf(before)) : rows(after))
  })
})

describe('what the kernel has', () => {
  const config = Uint8Array.of(0, 0, 0, 0, 0x10, 0x0c, 0x06, 0, 1, 2, 3, 4, 5, 6, 7, 8)
  const ifNewer = 'r1 = 0 ll @x0\nw1 = *(u32 *)(r1 + 0)\nif w1 < 0x60c00 goto l\nr0 = 1\nexit\nl:\nr0 = 0\nexit'

  test('a value of its configuration is a constant', () => {
    expect(pruned(ifNewer, { loads: [{ bytes: config, at: 4 }] })).toEqual(['r0 = 1', 'exit'])
    const older = pruned(ifNewer, {
      loads: [{ bytes: config.map((byte) => (byte === 0x0c ? 0x01 : byte)), at: 4 }],
    })
    expect(older).toEqual(['r0 = 0', 'exit'])
    const big = { loads: [{ bytes: Uint8Array.of(0, 6, 0x0c, 0x10), at: 0 }], endian: 'big' } as const
    expect(pruned(ifNewer, big)).toEqual(['r0 = 1', 'exit'])
  })

  test('what is too long for a move is still known', () => {
    const text = 'r1 = 0 ll @x0\nr0 = *(u64 *)(r1 + 8)\nr2 = r0\nr2 >>= 56\nif r2 == 8 goto l\nr0 = 0\nl:\nexit'
    expect(pruned(text, { loads: [{ bytes: config, at: 0 }] })).toEqual(rows('r1 = 0 ll\nr0 = *(u64 *)(r1 + 8)\nexit'))
  })

  test('behind the end of the configuration nothing is known', () => {
    const text = 'r1 = 0 ll @x0\nr0 = *(u64 *)(r1 + 16)\nexit'
    expect(pruned(text, { loads: [{ bytes: config, at: 0 }] })).toEqual(textOf(functionOf(text)))
  })

  test('a kfunc that is there has an address, one that is not has none', () => {
    const text = 'r0 = 0 ll @x0\nif r0 == 0 goto l\ncall -1 @x1\ngoto m\nl:\nr0 = 1\nm:\nr0 += 1\nexit'
    expect(pruned(text, { loads: ['nonzero', undefined] })).toEqual(rows('call -1\nr0 += 1\nexit'))
    expect(pruned(text, { loads: [0n, undefined] })).toEqual(rows('r0 = 2\nexit'))
    // The lower half of an address may well be zero.
    const half = text.replace('if r0', 'if w0')
    expect(pruned(half, { loads: ['nonzero', undefined] })).toEqual(textOf(functionOf(half)))
  })

  test('relocations and lines move along', () => {
    const f = functionOf('r0 = 0 ll @x0\nif r0 == 0 goto l\ncall -1 @x1\ngoto m\nl:\nr0 = 1\nm:\nr0 += 1\nexit')
    const shorter = pruneFunction(f, contextOf({ loads: ['nonzero', undefined] }))
    expect(shorter.relocations).toEqual([{ kind: 'extern', at: 0, extern: 1 }])
    expect(shorter.lines.map(({ at, line }) => [at, line])).toEqual([
      [0, 3],
      [1, 6],
      [2, 7],
    ])
    expect(shorter.coreRelocations).toEqual([])
    expect(f.relocations).toHaveLength(2)
  })

  test('a line that several instructions are of starts with the first that is left', () => {
    const f = functionOf('r1 = 0\nr2 = 0\nr0 = 1\nr0 += r6\nexit')
    const lines = [0, 4].map((at) => ({ at, file: 'f', text: '', line: 10 + at, column: 1 }))
    const shorter = pruneFunction({ ...f, lines }, contextOf({}))
    expect(textOf(shorter)).toEqual(rows('r0 = 1\nr0 += r6\nexit'))
    expect(shorter.lines.map(({ at, line }) => [at, line])).toEqual([
      [0, 10],
      [2, 14],
    ])
  })
})

describe('code that cannot be understood comes back as it is', () => {
  const bytes = (...slots: readonly (readonly number[])[]): Uint8Array => Uint8Array.from(slots.flat())
  const [move, exit] = [
    [0xb7, 0, 0, 0, 7, 0, 0, 0],
    [0x95, 0, 0, 0, 0, 0, 0, 0],
  ] as const
  const wide = [
    [0x18, 1, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
  ] as const
  const whole = functionOf('r1 = 0\nr0 = 0\nexit')

  test.each([
    ['a jump out of the function', { code: bytes(move, [0x05, 0, 9, 0, 0, 0, 0, 0], exit) }],
    ['a jump before it', { code: bytes(move, [0x05, 0, 0xf0, 0xff, 0, 0, 0, 0], exit) }],
    ['a jump into a wide load', { code: bytes(move, [0x15, 0, 1, 0, 0, 0, 0, 0], ...wide, exit) }],
    ['no end', { code: bytes(move, move) }],
    ['an opcode of nothing', { code: bytes(move, [0xff, 0, 0, 0, 0, 0, 0, 0], exit) }],
    ['half a wide load', { code: bytes(move, exit, wide[0]) }],
    ['half an instruction', { code: whole.code.subarray(0, 20) }],
    ['nothing at all', { code: new Uint8Array() }],
    ['a call of a function by distance', { code: bytes(move, [0x85, 0x10, 0, 0, 0, 0, 0, 0], exit) }],
    ['a relocation behind the end', { relocations: [{ kind: 'map', at: 3, map: 0 }] }],
    [
      'a relocation inside a wide load',
      { code: bytes(...wide, move, exit), relocations: [{ kind: 'map', at: 1, map: 0 }] },
    ],
    [
      'two relocations of one place',
      {
        relocations: [
          { kind: 'map', at: 0, map: 0 },
          { kind: 'map', at: 0, map: 1 },
        ],
      },
    ],
  ] satisfies [string, Partial<ObjectFunction>][])('%s', (_, part) => {
    const f = { ...whole, ...part }
    expect(pruneFunction(f, contextOf({}))).toBe(f)
  })

  test('whatever the bytes: no exception, and never longer', () => {
    const opcodes = [
      0x05, 0x06, 0x07, 0x15, 0x18, 0x1d, 0x61, 0x63, 0x67, 0x77, 0x85, 0x95, 0xb4, 0xb7, 0xbf, 0xdb, 0xe5,
    ]
    const slot = fc
      .tuple(
        fc.constantFrom(...opcodes),
        fc.nat(0x33),
        fc.integer({ min: -4, max: 4 }),
        fc.constantFrom(0, 0, 0, 1, 56, -1),
      )
      .map(([opcode, registers, offset, immediate]) => {
        const view = new DataView(new ArrayBuffer(8))
        view.setUint8(0, opcode)
        view.setUint8(1, registers)
        view.setInt16(2, offset, true)
        view.setInt32(4, immediate, true)
        return [...new Uint8Array(view.buffer)]
      })
    fc.assert(
      fc.property(fc.array(slot, { maxLength: 30 }), fc.boolean(), (slots, isVoid) => {
        const f = { ...whole, code: bytes(...slots, exit), lines: [] }
        expect(pruneFunction(f, contextOf({ isVoid })).code.length).toBeLessThanOrEqual(f.code.length)
      }),
      { numRuns: 3000 },
    )
  })

  test('the time grows with the length', () => {
    const milliseconds = (parts: number, part: string): number => {
      const f = functionOf(
        `r0 = 0\n${Array.from({ length: parts }, (_, i) => part.replaceAll('#', `${i}`)).join('\n')}\nexit`,
      )
      const start = performance.now()
      pruneFunction(f, contextOf({}))
      return performance.now() - start
    }
    const hard = [
      'r1 = *(u64 *)(r6 + 8) @offset\nr1 <<= 48 @left\nr1 >>= 56 @right\nif r1 != 0 goto l#\nr0 += 1\nl#:',
      'if r1 == # goto l#\nr2 += #\nl#:\nr3 = 4\nr4 = r3',
      'goto l#\nl#:',
    ]
    for (const part of hard) {
      const [short, long] = [milliseconds(700, part), milliseconds(5600, part)]
      // Eight times the length; quadratic would be 64 times.
      expect(long, part).toBeLessThan(24 * short + 200)
    }
  }, 60_000)
})
