import {
  type AsmItem,
  add,
  callFunc,
  callHelper,
  decode,
  encode,
  exit,
  type Insn,
  insnSlots,
  ja,
  ja32,
  jeq,
  jset,
  jsgt32,
  label,
  ldImm64,
  load,
  loadAcquire,
  mayGoto,
  mov,
  placeLabels,
} from '@tscc/insn'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const filler = (count: number): AsmItem[] => Array.from({ length: count }, () => mov('r0', 0))

test('forward and backward, wide loads counting two slots', () => {
  const insns = placeLabels([
    label('top'),
    jeq('r1', 0, 'out'),
    ldImm64('r2', 1n),
    ja('top'),
    label('out'),
    label('end'),
    ja('end'),
    exit(),
  ])
  expect(insns).toEqual([jeq('r1', 0, 3), ldImm64('r2', 1n), ja(-4), ja(-1), exit()])
})

test('function calls and addresses count from their first slot', () => {
  const insns = placeLabels([ldImm64('r1', { func: 'f' }), callFunc('f'), exit(), label('f'), exit()])
  expect(insns).toEqual([ldImm64('r1', { func: 3 }), callFunc(1), exit(), exit()])
})

describe('errors', () => {
  test('a label that is nowhere, with near names', () => {
    expect(() => placeLabels([ja('loop_ed'), label('loop_end'), exit()])).toThrow(
      expect.objectContaining({
        code: 'insn/unknown-label',
        context: { index: 0, label: 'loop_ed', nearest: ['loop_end'] },
      }),
    )
  })
  test('a label twice', () => {
    expect(() => placeLabels([label('a'), exit(), label('a')])).toThrow(
      expect.objectContaining({ code: 'insn/duplicate-label', context: { index: 2, label: 'a' } }),
    )
  })
  test('an instruction above the cpu level', () => {
    const items = [mov('r0', 0), load('s8', 'r0', 'r1', 0), exit()]
    expect(placeLabels(items).length).toBe(3)
    expect(() => placeLabels(items, { cpu: 'v3' })).toThrow(
      expect.objectContaining({ code: 'insn/cpu', context: { index: 1, insn: 'ldx.s8', needs: 'v4', cpu: 'v3' } }),
    )
    expect(() => placeLabels([loadAcquire('u64', 'r0', 'r1', 0)], { cpu: 'v3' })).toThrow(/needs cpu load_acquire/)
  })
  test('a distance beyond 16 bits below cpu v4', () => {
    expect(() => placeLabels([ja('end'), ...filler(0x8000), label('end'), exit()], { cpu: 'v3' })).toThrow(
      expect.objectContaining({
        code: 'insn/jump-too-far',
        context: { index: 0, target: 'end', distance: 0x8000, min: -0x8000, max: 0x7fff },
      }),
    )
  })
})

describe('the long form', () => {
  test('is not taken at the limit in either direction', () => {
    const forward = placeLabels([jeq('r1', 0, 'end'), ...filler(0x7fff), label('end'), exit()], { cpu: 'v1' })
    expect(forward[0]).toEqual(jeq('r1', 0, 0x7fff))
    const backward = placeLabels([label('top'), ...filler(0x7fff), ja('top'), exit()], { cpu: 'v1' })
    expect(backward[0x7fff]).toEqual(ja(-0x8000))
  })
  test('of goto is gotol', () => {
    expect(placeLabels([ja('end'), ...filler(0x8000), label('end'), exit()])[0]).toEqual(ja32(0x8000))
    expect(placeLabels([label('top'), ...filler(0x8000), ja('top')])[0x8000]).toEqual(ja32(-0x8001))
  })
  test('of a condition is its opposite around a gotol', () => {
    const insns = placeLabels([jsgt32('r1', 'r2', 'end'), ...filler(0x8000), label('end'), exit()])
    expect(insns.slice(0, 2)).toEqual([{ ...jsgt32('r1', 'r2', 1), op: 'jsle' }, ja32(0x8000)])
  })
  test('of jset and may_goto jumps over a goto', () => {
    const insns = placeLabels([jset('r1', 4, 'end'), mayGoto('end'), ...filler(0x8000), label('end'), exit()])
    expect(insns.slice(0, 6)).toEqual([jset('r1', 4, 1), ja(1), ja32(0x8003), mayGoto(1), ja(1), ja32(0x8000)])
  })
  test('of one jump can push another over the limit', () => {
    const insns = placeLabels([
      label('top'),
      ja('near'),
      jeq('r1', 0, 'far'),
      ...filler(0x7ffe),
      label('near'),
      ...filler(2),
      label('far'),
      exit(),
    ])
    // near is 0x7fff away until the second jump grows by one slot.
    expect(insns.slice(0, 3)).toEqual([ja32(0x8000), { ...jeq('r1', 0, 1), op: 'jne' }, ja32(0x8000)])
  })
  test('keeps what numeric targets meant', () => {
    const insns = placeLabels([ja(1), jeq('r1', 0, 'far'), add('r0', 7), ...filler(0x8000), label('far'), exit()])
    expect(insns[0]).toEqual(ja(2))
    expect(insns[3]).toEqual(add('r0', 7))
  })
})

/** The instruction that slot `slot` starts. */
function insnAt(insns: readonly Insn[], slot: number): Insn | undefined {
  let at = 0
  for (const insn of insns) {
    if (at === slot) return insn
    at += insnSlots(insn)
  }
  return undefined
}

test('property: each jump reaches the instruction behind its label, and placing is stable', () => {
  const shape = fc.array(fc.constantFrom('jump', 'goto', 'wide', 'plain'), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(shape, fc.array(fc.nat(), { minLength: 30, maxLength: 30 }), (kinds, picks) => {
      const items = kinds.flatMap((kind, index): AsmItem[] => {
        const target = `l${(picks[index] ?? 0) % kinds.length}`
        const insn: AsmItem =
          kind === 'jump'
            ? jeq('r1', index, target)
            : kind === 'goto'
              ? ja(target)
              : kind === 'wide'
                ? ldImm64('r1', BigInt(index))
                : callHelper(index)
        return [label(`l${index}`), insn]
      })
      const insns = placeLabels([...items])
      expect(insns.length).toBe(kinds.length)
      let slot = 0
      for (const [index, insn] of insns.entries()) {
        if (insn.kind === 'jump' || insn.kind === 'ja')
          expect(insnAt(insns, slot + 1 + insn.target)).toBe(insns[(picks[index] ?? 0) % kinds.length])
        slot += insnSlots(insn)
      }
      expect(placeLabels(insns)).toEqual(insns)
      expect(decode(encode(insns))).toEqual(insns)
    }),
  )
})
