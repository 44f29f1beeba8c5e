import type { Alu, Insn, Jump, WritableRegister } from '@tscc/insn'
import { type Bitfield, bitfieldAt, type Narrower, narrowerLoads } from './bitfield.ts'
import type { RegisterSet } from './effects.ts'
import { blockStarts, type Flow, isEnd, isGoto, type Replaced, replaced, type Step, waysTo } from './flow.ts'
import { isDeadAfter, liveAfter } from './remove-dead.ts'
import { nextTouch } from './touches.ts'

/**
 * Load bitfields as shortly as their place on the kernel allows.
 *
 *     r1 = *(u64 *)(r6 + 8)    bits 8 to 15     r1 = *(u8 *)(r6 + 9)
 *     r1 <<= …                 bits 0 to 4      r1 = *(u8 *)(r6 + 8); r1 &= 31
 *     r1 >>= …                 bit 4, tested    r1 = *(u8 *)(r6 + 8); if r1 & 16 goto L
 *
 * Only loads and shifts that CO-RE relocations wrote are looked at: those are of kernel structs, where the verifier takes
 * any load that has the whole bitfield and stays in its integer. Contexts may be different.
 */
export function narrowBitfields(flow: Flow, littleEndian: boolean, result: RegisterSet): Flow {
  if (!flow.some(({ core }) => core === 'field_lshift_u64' || core === 'field_rshift_u64')) return flow
  const place: Place = { flow, starts: blockStarts(flow), ways: waysTo(flow), live: liveAfter(flow, result) }
  const parts: Replaced[] = [...flow]
  for (const at of flow.keys()) {
    const field = bitfieldAt(flow, place.starts, at)
    if (field === undefined) continue
    const loads = narrowerLoads(field, littleEndian)
    const value = asValue(place, field, loads)
    const test = asTest(place, field, loads)
    // Equally short forms differ in what else they allow: a value may still be shared.
    const best = test !== undefined && test.length < (value?.length ?? field.shifts.length) ? test : value
    for (const [where, part] of best?.edits ?? []) parts[where] = part
  }
  return replaced(flow, parts)
}

interface Place {
  readonly flow: Flow
  readonly starts: readonly boolean[]
  readonly ways: readonly number[]
  readonly live: readonly RegisterSet[]
}

/** What to write in the place of steps. */
type Edits = readonly (readonly [at: number, part: Replaced])[]

/** A way to write a bitfield; `length` counts the steps between the load and the jump that tests it, if one does. */
interface Form {
  readonly length: number
  readonly edits: Edits
}

/** A form whose load is `narrower`, and which does without the shifts that there were. */
const form = ({ at, shifts }: Bitfield, { step }: Narrower, length: number, edits: Edits): Form => ({
  length,
  edits: [[at, step], ...shifts.map((shift) => [shift, undefined] as const), ...edits],
})

const shortest = (forms: readonly Form[]): Form | undefined =>
  forms.reduce<Form | undefined>(
    (best, one) => (best === undefined || one.length < best.length ? one : best),
    undefined,
  )

const alu = (op: Alu['op'], dst: WritableRegister, src: number): Insn => ({ kind: 'alu', width: 64, op, dst, src })
const jumpIf = (op: Jump['op'], dst: WritableRegister, src: number): Insn => ({
  kind: 'jump',
  width: 64,
  op,
  dst,
  src,
  target: 0,
})

/** A new step in the place of another. */
const inPlaceOf = (step: Step | undefined, insn: Insn, target?: number): Step => ({
  insn,
  ...(step?.line === undefined ? {} : { line: step.line }),
  ...(target === undefined ? {} : { target }),
})

/** The bitfield alone in its register, in fewer steps after the load than there were. */
function asValue({ flow }: Place, field: Bitfield, loads: readonly Narrower[]): Form | undefined {
  const { shifts, isDown } = field
  const last = shifts.at(-1)
  if (!isDown || last === undefined) return undefined
  const forms = loads.map((narrower) => {
    const insns = extracted(field, narrower)
    return form(field, narrower, insns.length, [[last, insns.map((insn) => inPlaceOf(flow[last], insn))]])
  })
  return shortest(forms.filter(({ length }) => length < shifts.length))
}

/** What leaves the bitfield alone in its register. */
function extracted({ insn: { dst }, count, signed }: Bitfield, { bits, first }: Narrower): readonly Insn[] {
  const up = 64 - first - count
  if (signed)
    return [...(up === 0 ? [] : [alu('lsh', dst, up)]), ...(count === 64 ? [] : [alu('arsh', dst, 64 - count)])]
  const down = first === 0 ? [] : [alu('rsh', dst, first)]
  if (first + count === bits) return down
  return count < 32 ? [...down, alu('and', dst, 2 ** count - 1)] : [alu('lsh', dst, up), alu('rsh', dst, 64 - count)]
}

/** The bitfield compared with a number and then forgotten: it may stay where it is in its integer. */
function asTest(place: Place, field: Bitfield, loads: readonly Narrower[]): Form | undefined {
  const { flow, starts, live } = place
  const { shifts, isDown, insn, count } = field
  const where = nextTouch(flow, starts, shifts.at(-1) ?? field.at, insn.dst)
  const step = where === undefined ? undefined : flow[where]
  if (where === undefined || step?.target === undefined || step.insn.kind !== 'jump') return undefined
  const jump = step.insn
  if (jump.dst !== insn.dst || typeof jump.src !== 'number' || !isDeadAfter(live, where, insn.dst)) return undefined
  // 32 bits have to hold what 64 bits say.
  if (jump.width === 32 && (!isDown || count > 32)) return undefined
  const wanted = zeroTest(jump, field)
  const forms = loads.flatMap((narrower) =>
    wanted === undefined ? compared(step, jump, where, field, narrower) : tested(place, where, wanted, field, narrower),
  )
  return shortest(forms.filter(({ length }) => length < shifts.length))
}

/** Does a jump happen where the bitfield is zero, or where it is not? undefined: neither says it. */
function zeroTest({ op, src }: Jump, { isDown, count, signed }: Bitfield): 'zero' | 'nonzero' | undefined {
  const isBit = isDown && count === 1 && !signed
  switch (`${op} ${src}`) {
    case 'jeq 0':
    case 'jle 0':
    case 'jlt 1':
      return 'zero'
    case 'jne 0':
    case 'jgt 0':
    case 'jge 1':
      return 'nonzero'
    case 'jeq 1':
      return isBit ? 'nonzero' : undefined
    case 'jne 1':
      return isBit ? 'zero' : undefined
    default:
      return undefined
  }
}

function tested(
  place: Place,
  where: number,
  wanted: 'zero' | 'nonzero',
  field: Bitfield,
  narrower: Narrower,
): readonly Form[] {
  const { flow, ways } = place
  const { count, insn } = field
  const { bits, first } = narrower
  const { dst } = insn
  const step = flow[where]
  const target = step?.target
  if (target === undefined) return []
  const made = (length: number, ...edits: Edits): readonly Form[] => [form(field, narrower, length, edits)]
  if (first === 0 && count === bits)
    return made(0, [where, inPlaceOf(step, jumpIf(wanted === 'zero' ? 'jeq' : 'jne', dst, 0), target)])
  const mask = maskOf(first, count)
  // Above a load of 32 bits is nothing that the sign of the mask could let through.
  if (bits === 64 && mask > MAX_IMMEDIATE) return []
  const set = jumpIf('jset', dst, Number(BigInt.asIntN(32, mask)))
  if (wanted === 'nonzero') return made(0, [where, inPlaceOf(step, set, target)])
  const next = flow[where + 1]
  if (next?.target !== undefined && isGoto(next.insn) && ways[where + 1] === 1)
    return made(0, [where, inPlaceOf(step, set, next.target)], [where + 1, { ...next, target }])
  if (isFree(place, target))
    return made(0, [where, [inPlaceOf(step, set, where + 1), inPlaceOf(step, { kind: 'ja', target: 0 }, target)]])
  const masked = alu('and', dst, Number(BigInt.asIntN(32, mask)))
  return made(1, [where, [inPlaceOf(step, masked), inPlaceOf(step, jumpIf('jeq', dst, 0), target)]])
}

const MAX_IMMEDIATE = 0x7fff_ffffn
const maskOf = (first: number, count: number): bigint => ((1n << BigInt(count)) - 1n) << BigInt(first)

/** Can what is at the target be moved behind the jump, since nothing else leads there? ({@link joinRuns} does it.) */
function isFree({ flow, ways }: Place, target: number): boolean {
  const before = flow[target - 1]
  return before !== undefined && isEnd(before) && ways[target] === 1
}

/** Equality with a number that is shifted up to where the bitfield lies. */
function compared(step: Step, { op, src }: Jump, where: number, field: Bitfield, narrower: Narrower): readonly Form[] {
  const { signed, isDown, count, insn } = field
  if ((op !== 'jeq' && op !== 'jne') || signed || !isDown || typeof src !== 'number') return []
  if (src < 0 || BigInt(src) >= 1n << BigInt(count)) return []
  const mask = maskOf(narrower.first, count)
  if (mask > MAX_IMMEDIATE) return []
  const shifted = Number(BigInt(src) << BigInt(narrower.first))
  return [
    form(field, narrower, 1, [
      [
        where,
        [
          inPlaceOf(step, alu('and', insn.dst, Number(mask))),
          inPlaceOf(step, jumpIf(op, insn.dst, shifted), step.target),
        ],
      ],
    ]),
  ]
}
