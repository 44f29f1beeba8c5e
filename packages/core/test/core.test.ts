import { byteReader, byteWriter, coreErrors, defineErrors, didYouMean, isTsccError, nearestNames } from '@tscc/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test.each([true, false])('what the writer wrote the reader reads (little endian: %s)', (littleEndian) => {
  const values = fc.tuple(
    fc.integer({ min: 0, max: 0xff }),
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    fc.integer({ min: -0x8000, max: 0x7fff }),
    fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
    fc.string().filter((text) => !text.includes('\0')),
  )
  fc.assert(
    fc.property(values, ([u8, u16, u32, u64, s16, s32, text]) => {
      const w = byteWriter({ littleEndian, capacity: 1 })
      w.u8(u8, 'a')
      w.u16(u16, 'b')
      w.u32(u32, 'c')
      w.u64(u64, 'd')
      w.s16(s16, 'e')
      w.s32(s32, 'f')
      w.cstring(text)
      w.align(8)
      const bytes = w.finish()
      expect(bytes.length % 8).toBe(0)
      const r = byteReader(bytes, { littleEndian })
      expect([r.u8('a'), r.u16('b'), r.u32('c'), r.u64('d'), r.s16('e'), r.s32('f'), r.cstring('g')]).toEqual([
        u8,
        u16,
        u32,
        u64,
        s16,
        s32,
        new TextDecoder().decode(new TextEncoder().encode(text)),
      ])
      r.take(r.left, 'padding')
      r.end()
    }),
  )
})

test('reads beyond the end name the field, the offset and what is there', () => {
  const r = byteReader(new Uint8Array(3), { path: 'btf' }).slice(0, 3, 'header')
  r.u16('magic')
  expect(() => r.u32('version')).toThrow('btf.header.version: needs 4 bytes at offset 2, input has 1 left')
  expect(() => r.seek(4, 'type_off')).toThrow(/type_off/)
  expect(() => r.slice(1, 3, 'x')).toThrow(/header\.x/)
  expect(() => r.take(-1, 'negative')).toThrow(/negative/)
  expect(() => r.end()).toThrow('1 bytes left over at offset 2')
  expect(() => byteReader(new Uint8Array([65])).cstring('name')).toThrow(/no terminating zero/)
})

test.each([
  ['u8', 256],
  ['u16', 65536],
  ['u32', -1],
  ['s16', 40000],
  ['s32', 2 ** 31],
  ['u8', 1.5],
] as const)('%s refuses %s', (method, value) => {
  const w = byteWriter({ path: 'insn' })
  expect(() => w[method](value, 'imm')).toThrow(`insn.imm: value ${value} is outside`)
  expect(w.length).toBe(0)
})

test('u64 and patches are range-checked too', () => {
  const w = byteWriter()
  expect(() => w.u64(-1n, 'x')).toThrow(/outside/)
  w.u32(1, 'a')
  w.patchU32(0, 7, 'a')
  expect([...w.finish()]).toEqual([7, 0, 0, 0])
  expect(() => w.patchU32(1, 7, 'a')).toThrow(/outside/)
})

test('an error table makes and narrows its own errors only', () => {
  const mine = defineErrors('mine', { lost: (c: { what: string }) => `${c.what}: lost` })
  const error = mine.make('lost', { what: 'key' }, new Error('why'))
  expect(error).toMatchObject({ name: 'TsccError', code: 'mine/lost', message: 'key: lost', context: { what: 'key' } })
  expect(error.cause).toBeInstanceOf(Error)
  expect(mine.codes).toEqual(['mine/lost'])
  expect(mine.is(error)).toBe(true)
  expect(mine.is(error, 'mine/lost')).toBe(true)
  expect(coreErrors.is(error)).toBe(false)
  expect(mine.is(new Error('x'))).toBe(false)
  expect(isTsccError(error)).toBe(true)
})

test('nearest names', () => {
  const fields = ['snd_cwnd', 'snd_cwnd_cnt', 'snd_ssthresh', 'srtt_us', 'mss_cache']
  expect(nearestNames('snd_cwd', fields)[0]).toBe('snd_cwnd')
  expect(nearestNames('ssthresh', fields)[0]).toBe('snd_ssthresh')
  expect(nearestNames('zzzzzz', fields)).toEqual([])
  expect(didYouMean(nearestNames('srtt', fields))).toBe('; did you mean srtt_us?')
  expect(didYouMean([])).toBe('')
})
