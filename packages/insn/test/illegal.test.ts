import {
  add,
  add32,
  atomicAdd,
  atomicXor,
  be16,
  callHelper,
  cmpxchg,
  cpuOf,
  encode,
  featureOf,
  fetchAdd,
  type Insn,
  insnErrors,
  ja,
  ja32,
  jeq,
  jeq32,
  jlt,
  label,
  ldAbs,
  ldImm64,
  load,
  loadAcquire,
  mayGoto,
  mov,
  mov32,
  movsx,
  movsx32,
  placeLabels,
  sdiv,
  store,
  xchg,
} from '@tscc/insn'
import { describe, expect, expectTypeOf, test } from 'vitest'

// Each line below must be an error to TypeScript and, for callers without types, a typed error at run time.
describe('illegal instructions cannot be built', () => {
  const illegal: readonly (readonly [string, () => unknown, string])[] = [
    // @ts-expect-error there are no registers above r10
    ['a register above r10', () => add('r11', 1), 'insn/bad-operand'],
    // @ts-expect-error r10 is read-only
    ['arithmetic on the frame pointer', () => add('r10', 1), 'insn/read-only-register'],
    // @ts-expect-error r10 is read-only
    ['a load into the frame pointer', () => load('u64', 'r10', 'r1', 0), 'insn/read-only-register'],
    // @ts-expect-error a fetch writes its source
    ['a fetch into the frame pointer', () => fetchAdd('u64', 'r1', 0, 'r10'), 'insn/read-only-register'],
    // @ts-expect-error an exchange writes its source
    ['an exchange with the frame pointer', () => xchg('u64', 'r1', 0, 'r10'), 'insn/read-only-register'],
    // @ts-expect-error no such width
    ['a load of 128 bits', () => load('u128', 'r1', 'r2', 0), 'insn/unknown-insn'],
    // @ts-expect-error s64 would not extend anything
    ['a sign-extending load of 64 bits', () => load('s64', 'r1', 'r2', 0), 'insn/unknown-insn'],
    // @ts-expect-error a store has no sign
    ['a signed store', () => store('s32', 'r1', 0, 'r2'), 'insn/unknown-insn'],
    // @ts-expect-error atomics are 32 or 64 bits
    ['an atomic of 16 bits', () => atomicAdd('u16', 'r1', 0, 'r2'), 'insn/unknown-insn'],
    // @ts-expect-error the source is a register
    ['an atomic of an immediate', () => atomicAdd('u64', 'r1', 0, 1), 'insn/unknown-insn'],
    // @ts-expect-error the source is a register
    ['a compare-exchange of an immediate', () => cmpxchg('u64', 'r1', 0, 1), 'insn/unknown-insn'],
    // @ts-expect-error 32 to 32 bits is a plain move
    ['a 32-bit sign extension from 32 bits', () => movsx32('r1', 'r2', 32), 'insn/unknown-insn'],
    // @ts-expect-error only a register has a sign to extend
    ['a sign extension of an immediate', () => movsx('r1', 5, 8), 'insn/unknown-insn'],
    // @ts-expect-error packet loads are at most 32 bits
    ['a packet load of 64 bits', () => ldAbs('u64', 0), 'insn/unknown-insn'],
    // @ts-expect-error a wide immediate is a bigint, so that nothing was rounded before
    ['a wide immediate as a number', () => ldImm64('r1', 5), 'insn/bad-operand'],
    // @ts-expect-error registers are strings
    ['a register by number', () => be16(1), 'insn/bad-operand'],
  ]
  test.each(illegal)('%s', (_, build, code) => {
    expect(build).toThrow(expect.objectContaining({ code }))
  })

  test('placing leaves no labels, and encode takes none', () => {
    // @ts-expect-error the target is still a label
    const bytes = () => encode([ja('end')])
    expect(bytes).toThrow(expect.objectContaining({ code: 'insn/bad-operand' }))
    // @ts-expect-error a label is no instruction
    expect(() => encode([label('end')])).toThrow(expect.objectContaining({ code: 'insn/unknown-insn' }))
    expectTypeOf(placeLabels([ja('end'), label('end')])).toEqualTypeOf<readonly Insn[]>()
    expectTypeOf(jeq('r1', 0, 'end').target).toEqualTypeOf<string>()
    expectTypeOf(jeq('r1', 0, 3).target).toEqualTypeOf<number>()
  })
})

describe('every narrowing is checked', () => {
  test.each<readonly [string, () => unknown]>([
    ['a 64-bit immediate above s32', () => add('r1', 0x8000_0000)],
    ['a 64-bit immediate below s32', () => add('r1', -0x8000_0001)],
    ['a 32-bit immediate above u32', () => add32('r1', 0x1_0000_0000)],
    ['a comparison of 64 bits with a u32', () => jeq('r1', 0xffff_ffff, 0)],
    ['a comparison of 32 bits above u32', () => jeq32('r1', 0x1_0000_0000, 0)],
    ['an offset above s16', () => load('u8', 'r1', 'r2', 0x8000)],
    ['an offset below s16', () => store('u8', 'r1', -0x8001, 'r2')],
    ['a distance above s16', () => ja(0x8000)],
    ['a distance above s32', () => ja32(0x8000_0000)],
    ['a helper above s32', () => callHelper(0x8000_0000)],
    ['a wide value above u64', () => ldImm64('r1', 1n << 64n)],
    ['a wide value below s64', () => ldImm64('r1', -(1n << 63n) - 1n)],
    ['a value offset below 0', () => ldImm64('r1', { mapValue: 1, off: -1 })],
    ['a byte that is none', () => store('u8', 'r1', 0, 256)],
    ['a negative byte that is none', () => store('u8', 'r1', 0, -129)],
    ['a half word that is none', () => store('u16', 'r1', 0, 0x1_0000)],
    ['a double word above s32', () => store('u64', 'r1', 0, 0x8000_0000)],
  ])('%s', (_, build) => {
    expect(build).toThrow(expect.objectContaining({ code: 'insn/out-of-range' }))
  })
  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY])('%d is no immediate', (value) => {
    expect(() => mov('r1', value)).toThrow(expect.objectContaining({ code: 'insn/bad-operand' }))
  })
  test('with the figures, and in encode with the index', () => {
    expect(() => load('u8', 'r1', 'r2', 40000)).toThrow('insn: off of ldx.u8 is 40000, outside -32768..32767')
    const bad: Insn = { kind: 'ja', target: 40000 }
    expect(() => encode([mov('r0', 0), bad])).toThrow('insn 1: target of ja is 40000, outside -32768..32767')
    try {
      encode([bad])
    } catch (error) {
      expect(insnErrors.is(error, 'insn/out-of-range') && error.context.value).toBe(40000)
    }
  })
  test('the canonical form is signed', () => {
    expect(mov32('r1', 0xffff_fffe)).toEqual(mov32('r1', -2))
    expect(Object.is(mov('r1', -0).src, 0)).toBe(true)
    expect(ldImm64('r1', 0xffff_ffff_ffff_ffffn)).toEqual(ldImm64('r1', -1n))
    expect(store('u32', 'r1', 0, 0xffff_ffff)).toEqual(store('u32', 'r1', 0, -1))
  })
})

describe('cpuOf', () => {
  test.each<readonly [string, Insn, string, string | undefined]>([
    ['64-bit arithmetic', add('r1', 1), 'v1', undefined],
    ['a store of an immediate', store('u32', 'r1', 0, 1), 'v1', undefined],
    ['atomic add', atomicAdd('u32', 'r1', 0, 'r2'), 'v1', undefined],
    ['unsigned less', jlt('r1', 1, 0), 'v2', undefined],
    ['32-bit arithmetic', add32('r1', 1), 'v3', undefined],
    ['32-bit jumps', jeq32('r1', 1, 0), 'v3', undefined],
    ['atomic xor', atomicXor('u64', 'r1', 0, 'r2'), 'v3', undefined],
    ['signed division', sdiv('r1', 'r2'), 'v4', undefined],
    ['sign-extending loads', load('s8', 'r1', 'r2', 0), 'v4', undefined],
    ['gotol', ja32(0), 'v4', undefined],
    ['may_goto', mayGoto(0), 'v4', 'may_goto'],
    ['load-acquire', loadAcquire('u64', 'r1', 'r2', 0), 'v4', 'load_acquire'],
  ])('%s', (_, insn, cpu, feature) => {
    expect(cpuOf(insn)).toBe(cpu)
    expect(featureOf(insn)).toBe(feature)
  })
})
