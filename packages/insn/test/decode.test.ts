import { decode, encode, type Insn, insnErrors, isaTable } from '@tscc/insn'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyInsn } from './arbitrary-insn.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('decode refuses', () => {
  test.each([
    ['an unknown opcode', '00 00 0000 00000000', 'insn/unknown-opcode'],
    ['the exchange class of no operation', 'e7 00 0000 00000000', 'insn/unknown-opcode'],
    ['exit with dst', '95 01 0000 00000000', 'insn/reserved'],
    ['exit with src', '95 10 0000 00000000', 'insn/reserved'],
    ['exit with off', '95 00 0100 00000000', 'insn/reserved'],
    ['exit with imm', '95 00 0000 01000000', 'insn/reserved'],
    ['add immediate with src', '07 11 0000 05000000', 'insn/reserved'],
    ['add register with imm', '0f 21 0000 05000000', 'insn/reserved'],
    ['add with off', '07 01 0100 05000000', 'insn/reserved'],
    ['div with off 2', '37 01 0200 05000000', 'insn/reserved'],
    ['mov with off 24', 'bf 21 1800 00000000', 'insn/reserved'],
    ['movsx32 from 32 bits', 'bc 21 2000 00000000', 'insn/reserved'],
    ['be of 8 bits', 'dc 01 0000 08000000', 'insn/reserved'],
    ['an atomic without operation', 'db 21 0000 02000000', 'insn/reserved'],
    ['an atomic of 16 bits', 'cb 21 0000 00000000', 'insn/reserved'],
    ['call of an unknown kind', '85 30 0000 01000000', 'insn/reserved'],
    ['helper call with off', '85 00 0100 01000000', 'insn/reserved'],
    ['wide load of an unknown source', '18 71 0000 00000000 00000000 00000000', 'insn/reserved'],
    ['map fd with an upper half', '18 11 0000 05000000 00000000 01000000', 'insn/reserved'],
    ['a second slot with an opcode', '18 01 0000 05000000 07000000 01000000', 'insn/reserved'],
    ['a second slot with off', '18 01 0000 05000000 00000100 01000000', 'insn/reserved'],
    ['half a wide load', '18 01 0000 05000000', 'insn/truncated'],
    ['register 11 as dst', '07 0b 0000 05000000', 'insn/bad-register'],
    ['register 15 as src', '0f f1 0000 00000000', 'insn/bad-register'],
    ['a write to r10', '07 0a 0000 05000000', 'insn/read-only-register'],
    ['a fetch into r10', 'db a1 0000 01000000', 'insn/read-only-register'],
    ['an odd length', '95 00 0000 000000', 'insn/bad-length'],
  ])('%s', (_, text, code) => {
    expect(() => decode(hex(text))).toThrow(expect.objectContaining({ code }))
  })

  test('with the index of the instruction and its slot', () => {
    const bytes = hex('18 01 0000 05000000 00000000 01000000 95 00 0000 00000000 95 00 0000 01000000')
    expect(() => decode(bytes)).toThrow(
      expect.objectContaining({
        code: 'insn/reserved',
        context: expect.objectContaining({ index: 2, slot: 3, imm: 1 }),
      }),
    )
  })
})

test('a view into a larger buffer decodes the same', () => {
  const outer = hex('ffffff 95 00 0000 00000000 ff')
  expect(decode(outer.subarray(3, 11))).toEqual([{ kind: 'exit' }])
})

/** A typed error, or instructions that encode back to the same bytes. */
function check(bytes: Uint8Array, endian: 'little' | 'big') {
  let insns: readonly Insn[]
  try {
    insns = decode(bytes, { endian })
  } catch (error) {
    expect(insnErrors.is(error)).toBe(true)
    return false
  }
  expect(Buffer.from(encode(insns, { endian })).equals(Buffer.from(bytes))).toBe(true)
  return true
}

describe('fuzz', () => {
  const endians = fc.constantFrom('little' as const, 'big' as const)

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), endians, (bytes, endian) => {
        check(bytes, endian)
      }),
      { numRuns: 2000 },
    )
  })

  test('one slot of a known opcode with random fields, mostly zero', () => {
    const byte = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 255 }))
    const slot = fc.tuple(
      fc.constantFrom(...isaTable.map((row) => row.code)),
      fc.integer({ min: 0, max: 255 }),
      fc.array(byte, { minLength: 6, maxLength: 6 }),
    )
    let good = 0
    fc.assert(
      fc.property(slot, endians, ([code, registers, rest], endian) => {
        if (check(Uint8Array.from([code, registers, ...rest]), endian)) good++
      }),
      { numRuns: 4000 },
    )
    expect(good).toBeGreaterThan(100)
  })

  test('valid programs with one bit flipped', () => {
    fc.assert(
      fc.property(fc.array(anyInsn, { minLength: 1, maxLength: 8 }), fc.nat(), endians, (insns, where, endian) => {
        const bytes = encode(insns, { endian })
        const at = where % (bytes.length * 8)
        bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7))
        check(bytes, endian)
      }),
      { numRuns: 2000 },
    )
  })

  test('sixteen times the bytes take about sixteen times as long', () => {
    const exits = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at % 8 === 0 ? 0x95 : 0)) // exit, again and again
    const fastest = (bytes: Uint8Array): number => {
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now()
        expect(decode(bytes).length).toBe(bytes.length / 8)
        return performance.now() - start
      })
      return Math.min(...times)
    }
    fastest(exits(1 << 16)) // warm
    expect(fastest(exits(1 << 20)) / fastest(exits(1 << 16))).toBeLessThan(100)
  })
})
