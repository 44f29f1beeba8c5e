import { assemble } from '@tscc/insn'
import { createMachine, type Engine } from '@tscc/vm'
import { describe, expect, test } from 'vitest'

const M64 = 2n ** 64n
const MIN64 = 0x8000_0000_0000_0000n

/** What r0 is after these instructions and an exit, worked out by hand from RFC 9669. */
const vectors: Readonly<Record<string, readonly (readonly [text: string, r0: bigint])[]>> = {
  '4.1 arithmetic: 64 bits wrap, 32 bits zero the upper half': [
    ['r0 = -1; r0 += 2', 1n],
    ['r0 = 1; r0 -= 2', M64 - 1n],
    ['r0 = -1; w0 += 2', 1n],
    ['r0 = -1; w0 += 0', 0xffff_ffffn],
    ['r0 = 1; w0 -= 2', 0xffff_ffffn],
    ['r0 = 4294967297 ll; r1 = r0; r0 *= r1', 0x2_0000_0001n],
    ['r0 = -1; w0 *= -1', 1n],
    ['r0 = -8; r0 /= 2', 0x7fff_ffff_ffff_fffcn],
    ['r0 = -8; w0 /= 2', 0x7fff_fffcn],
    ['r0 = 10; r0 /= -1', 0n],
    ['r0 = -1; r0 /= -1', 1n],
    ['r0 = -8; r0 s/= 2', M64 - 4n],
    ['r0 = -7; r0 s/= 2', M64 - 3n],
    ['r0 = -7; w0 s/= 2', 0xffff_fffdn],
    ['r0 = -7; r0 s%= 2', M64 - 1n],
    ['r0 = -7; w0 s%= 2', 0xffff_ffffn],
    ['r0 = 7; r0 s%= -2', 1n],
    ['r0 = -7; r0 %= 2', 1n],
    ['r0 = 10; w0 %= 4', 2n],
    ['r0 = 10; r1 = -4; w0 %= w1', 10n],
    ['r0 = -1; r0 &= 255', 255n],
    ['r0 = 0; r0 |= -2', M64 - 2n],
    ['r0 = 0; w0 |= -2', 0xffff_fffen],
    ['r0 = -1; r0 ^= -1', 0n],
    ['r0 = -1; w0 ^= 1', 0xffff_fffen],
    ['r0 = -5', M64 - 5n],
    ['w0 = -5', 0xffff_fffbn],
    ['r1 = -5; w0 = w1', 0xffff_fffbn],
    ['r0 = 5; r0 = -r0', M64 - 5n],
    ['r0 = 5; w0 = -w0', 0xffff_fffbn],
  ],
  '4.1 division and remainder by zero do not trap': [
    ['r0 = 10; r1 = 0; r0 /= r1', 0n],
    ['r0 = 10; r1 = 0; r0 %= r1', 10n],
    ['r0 = -1; r1 = 0; w0 /= w1', 0n],
    ['r0 = -1; r1 = 0; w0 %= w1', 0xffff_ffffn],
    ['r0 = 10; r1 = 4294967296 ll; w0 /= w1', 0n],
    ['r0 = 10; r1 = 0; r0 s/= r1', 0n],
    ['r0 = -10; r1 = 0; r0 s%= r1', M64 - 10n],
    ['r0 = -10; r1 = 0; w0 s%= w1', 0xffff_fff6n],
    ['r0 = -9223372036854775808 ll; r0 s/= -1', MIN64],
    ['r0 = -9223372036854775808 ll; r1 = -1; r0 s/= r1', MIN64],
    ['r0 = -9223372036854775808 ll; r1 = -1; r0 s%= r1', 0n],
    ['r0 = -2147483648; r1 = -1; w0 s/= w1', 0x8000_0000n],
    ['r0 = -2147483648; w0 s/= -1', 0x8000_0000n],
    ['r0 = -2147483648; r1 = -1; w0 s%= w1', 0n],
  ],
  '4.1 shifts take the count modulo the width': [
    ['r0 = 1; r1 = 65; r0 <<= r1', 2n],
    ['r0 = 1; r1 = 33; w0 <<= w1', 2n],
    ['r0 = -1; r0 >>= 60', 15n],
    ['r0 = -1; w0 >>= 28', 15n],
    ['r0 = -16; r0 s>>= 2', M64 - 4n],
    ['r0 = -16; w0 s>>= 2', 0xffff_fffcn],
    ['r0 = 2147483648 ll; w0 s>>= 31', 0xffff_ffffn],
    ['r0 = 1; r1 = -1; r0 <<= r1', MIN64],
  ],
  '4.1 sign-extending moves': [
    ['r1 = 128; r0 = (s8)r1', M64 - 128n],
    ['r1 = 384; r0 = (s8)r1', M64 - 128n],
    ['r1 = 32768; r0 = (s16)r1', M64 - 32768n],
    ['r1 = 2147483648 ll; r0 = (s32)r1', M64 - 0x8000_0000n],
    ['r1 = 128; w0 = (s8)w1', 0xffff_ff80n],
    ['r1 = 32768; w0 = (s16)w1', 0xffff_8000n],
  ],
  '4.2 byte order': [
    ['r0 = 81985529216486895 ll; r0 = be16 r0', 0xefcdn],
    ['r0 = 81985529216486895 ll; r0 = be32 r0', 0xefcd_ab89n],
    ['r0 = 81985529216486895 ll; r0 = be64 r0', 0xefcd_ab89_6745_2301n],
    ['r0 = 81985529216486895 ll; r0 = le16 r0', 0xcdefn],
    ['r0 = 81985529216486895 ll; r0 = le32 r0', 0x89ab_cdefn],
    ['r0 = 81985529216486895 ll; r0 = le64 r0', 0x123_4567_89ab_cdefn],
    ['r0 = 81985529216486895 ll; r0 = bswap16 r0', 0xefcdn],
    ['r0 = 81985529216486895 ll; r0 = bswap32 r0', 0xefcd_ab89n],
    ['r0 = 81985529216486895 ll; r0 = bswap64 r0', 0xefcd_ab89_6745_2301n],
  ],
  '4.3 jumps compare with and without sign, and 32 bits': [
    ['r0 = 1; r1 = -1; if r1 > 5 goto +1; r0 = 0', 1n],
    ['r0 = 1; r1 = -1; if r1 s> 5 goto +1; r0 = 0', 0n],
    ['r0 = 1; r1 = 4294967296 ll; if w1 == 0 goto +1; r0 = 0', 1n],
    ['r0 = 1; r1 = 4294967296 ll; if r1 == 0 goto +1; r0 = 0', 0n],
    ['r0 = 1; r1 = 4294967295 ll; if w1 s< 0 goto +1; r0 = 0', 1n],
    ['r0 = 1; r1 = 4294967295 ll; if r1 s< 0 goto +1; r0 = 0', 0n],
    ['r0 = 1; r1 = 6; if r1 & 4 goto +1; r0 = 0', 1n],
    ['r0 = 1; r1 = 6; if r1 & 1 goto +1; r0 = 0', 0n],
    ['r0 = 1; r1 = -9223372036854775808 ll; if r1 & -2147483648 goto +1; r0 = 0', 1n],
    ['r0 = 1; r1 = 5; if r1 <= 5 goto +1; r0 = 0', 1n],
    ['r0 = 1; r1 = 5; if r1 >= 6 goto +1; r0 = 0', 0n],
    ['r0 = 1; r1 = -5; if r1 s>= -5 goto +1; r0 = 0', 1n],
    ['r0 = 1; r1 = -5; if r1 s<= -6 goto +1; r0 = 0', 0n],
    ['r0 = 1; goto +1; r0 = 0', 1n],
    ['r0 = 1; gotol +1; r0 = 0', 1n],
    ['r0 = 0; r1 = 5; r0 += 2; r1 -= 1; if r1 != 0 goto -3', 10n],
  ],
  '4.3.1 calls: r6 to r9 and the stack are the callee’s own': [
    ['r6 = 7; r1 = 3; call pc+2; r0 += r6; exit; r6 = 100; r0 = r1; r0 *= 2', 13n],
    ['*(u64 *)(r10 - 8) = 5; call pc+2; r0 = *(u64 *)(r10 - 8); exit; *(u64 *)(r10 - 8) = 6; r0 = 0', 5n],
    [
      '*(u64 *)(r10 - 8) = 5; r1 = r10; r1 += -8; call pc+2; r0 = *(u64 *)(r10 - 8); exit; *(u64 *)(r1 + 0) = 6; r0 = 0',
      6n,
    ],
  ],
  '5 loads and stores': [
    ['r1 = -2; *(u64 *)(r10 - 8) = r1; r0 = *(u8 *)(r10 - 8)', 0xfen],
    ['r1 = -2; *(u64 *)(r10 - 8) = r1; r0 = *(u16 *)(r10 - 7)', 0xffffn],
    ['r1 = -2; *(u64 *)(r10 - 8) = r1; r0 = *(u32 *)(r10 - 8)', 0xffff_fffen],
    ['r1 = -2; *(u64 *)(r10 - 8) = r1; r0 = *(s8 *)(r10 - 8)', M64 - 2n],
    ['r1 = -2; *(u64 *)(r10 - 8) = r1; r0 = *(s16 *)(r10 - 8)', M64 - 2n],
    ['r1 = -2; *(u64 *)(r10 - 8) = r1; r0 = *(s32 *)(r10 - 8)', M64 - 2n],
    ['*(u32 *)(r10 - 8) = -1; r0 = *(u64 *)(r10 - 8)', 0xffff_ffffn],
    ['*(u64 *)(r10 - 8) = -1; r0 = *(u64 *)(r10 - 8)', M64 - 1n],
    ['*(u8 *)(r10 - 7) = 3; *(u16 *)(r10 - 6) = 515; r0 = *(u64 *)(r10 - 8)', 0x0203_0300n],
    ['r0 = 81985529216486895 ll', 0x123_4567_89ab_cdefn],
  ],
  '5.3 atomics': [
    ['*(u64 *)(r10 - 8) = 7; r1 = 5; lock *(u64 *)(r10 - 8) += r1; r0 = *(u64 *)(r10 - 8)', 12n],
    ['*(u64 *)(r10 - 8) = -1; r1 = 1; lock *(u32 *)(r10 - 8) += r1; r0 = *(u64 *)(r10 - 8)', 0xffff_ffff_0000_0000n],
    ['*(u64 *)(r10 - 8) = 12; r1 = 10; lock *(u64 *)(r10 - 8) &= r1; r0 = *(u64 *)(r10 - 8)', 8n],
    ['*(u64 *)(r10 - 8) = 12; r1 = 10; lock *(u64 *)(r10 - 8) |= r1; r0 = *(u64 *)(r10 - 8)', 14n],
    ['*(u64 *)(r10 - 8) = 12; r1 = 10; lock *(u64 *)(r10 - 8) ^= r1; r0 = *(u64 *)(r10 - 8)', 6n],
    ['*(u64 *)(r10 - 8) = 7; r0 = 5; r0 = atomic_fetch_add((u64 *)(r10 - 8), r0)', 7n],
    ['*(u64 *)(r10 - 8) = -1; r0 = -2; w0 = atomic_fetch_and((u32 *)(r10 - 8), w0)', 0xffff_ffffn],
    ['*(u64 *)(r10 - 8) = 7; r0 = 5; r0 = xchg_64(r10 - 8, r0); r1 = *(u64 *)(r10 - 8); r0 *= r1', 35n],
    ['*(u64 *)(r10 - 8) = 7; r0 = 7; r1 = 9; r0 = cmpxchg_64(r10 - 8, r0, r1); r1 = *(u64 *)(r10 - 8); r0 *= r1', 63n],
    ['*(u64 *)(r10 - 8) = 7; r0 = 6; r1 = 9; r0 = cmpxchg_64(r10 - 8, r0, r1); r1 = *(u64 *)(r10 - 8); r0 *= r1', 49n],
    [
      '*(u64 *)(r10 - 8) = 7; r0 = 4294967303 ll; r1 = 9; w0 = cmpxchg32_32(r10 - 8, w0, w1); r1 = *(u64 *)(r10 - 8); r0 *= r1',
      63n,
    ],
    ['r1 = -2; store_release((u16 *)(r10 - 8), w1); r0 = load_acquire((u64 *)(r10 - 8))', 0xfffen],
  ],
}

const textOf = (line: string): string => `${line.replaceAll('; ', '\n')}\nexit`

describe.each(['interpreter', 'jit'] as const)('%s', (engine: Engine) => {
  const machine = createMachine({ engine })
  test.each(Object.entries(vectors))('RFC 9669 section %s', (_section, rows) => {
    for (const [text, r0] of rows)
      expect([text, machine.load({ insns: assemble(textOf(text)) }).run().r0]).toEqual([text, r0])
  })

  test('section 5.5: packet loads take network byte order, and end the function outside of the packet', () => {
    const packet = machine.region({ name: 'packet', size: 8 })
    packet.bytes.set([1, 2, 3, 4, 5, 6, 7, 8])
    machine.setPacket(packet)
    const run = (text: string) => machine.load({ insns: assemble(textOf(text)) }).run().r0
    expect(run('r0 = *(u32 *)skb[2]')).toBe(0x03040506n)
    expect(run('r2 = 5; r0 = *(u16 *)skb[r2 + 1]')).toBe(0x0708n)
    expect(run('r0 = *(u8 *)skb[7]; r0 += 1')).toBe(9n)
    expect(run('r0 = *(u8 *)skb[8]; r0 += 1')).toBe(0n)
    expect(run('r2 = -1; r0 = *(u8 *)skb[r2 + 0]; r0 += 1')).toBe(0n)
    machine.setPacket(undefined)
    expect(run('r0 = *(u8 *)skb[0]; r0 += 1')).toBe(0n)
  })

  test('may_goto goes on until its count is spent, in each frame anew', () => {
    const insns = assemble('r0 = 0\nagain: r0 += 1\nmay_goto out\ngoto again\nout: exit')
    expect(machine.load({ insns, mayGotoBudget: 10 }).run().r0).toBe(11n)
    const twice = assemble(
      'call f\nr6 = r0\ncall f\nr0 += r6\nexit\nf: r0 = 0\nagain: r0 += 1\nmay_goto out\ngoto again\nout: exit',
    )
    expect(machine.load({ insns: twice, mayGotoBudget: 3 }).run().r0).toBe(8n)
  })
})
