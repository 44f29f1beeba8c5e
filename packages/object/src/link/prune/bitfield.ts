import type { Load, MemSize, WritableRegister } from '@tscc/insn'
import type { CoreKind } from '../../model.ts'
import type { Flow, Step } from './flow.ts'
import { nextTouch } from './touches.ts'

/** A load, and shifts that leave `count` bits of it from bit `first` on (0 is the lowest of what was loaded). */
export interface Bitfield {
  readonly at: number
  readonly load: Step
  readonly insn: Load & { readonly size: MemSize }
  /** Steps that shift: up, unless that would be by nothing, and down. */
  readonly shifts: readonly number[]
  /** False: it was not shifted down again, which is good for a test for zero only. */
  readonly isDown: boolean
  readonly first: number
  readonly count: number
  readonly signed: boolean
}

const isUnsigned = (insn: Load): insn is Load & { readonly size: MemSize } => insn.size.startsWith('u')

const bytesOf: Readonly<Record<MemSize, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 }

/** The bitfield that the load at a step is of, where CO-RE relocations say that it is one. */
export function bitfieldAt(flow: Flow, starts: readonly boolean[], at: number): Bitfield | undefined {
  const load = flow[at]
  if (load?.core !== 'field_byte_offset' || load.insn.kind !== 'load' || !isUnsigned(load.insn)) return undefined
  const { insn } = load
  const loaded = 8 * bytesOf[insn.size]
  const next = (from: number): number | undefined => nextTouch(flow, starts, from, insn.dst)
  const second = next(at)
  if (second === undefined) return undefined
  const up = shiftOf(flow[second], insn.dst, 'lsh', 'field_lshift_u64')
  const third = up === undefined ? second : next(second)
  const step = third === undefined ? undefined : flow[third]
  // Without a shift up, only a relocation tells that this is a bitfield.
  const mark = up === undefined ? 'field_rshift_u64' : undefined
  const arithmetic = shiftOf(step, insn.dst, 'arsh', mark)
  const down = arithmetic ?? shiftOf(step, insn.dst, 'rsh', mark)
  if (down === undefined || third === undefined) {
    if (up === undefined) return undefined
    return {
      at,
      load,
      insn,
      shifts: [second],
      isDown: false,
      first: 0,
      count: Math.min(64 - up, loaded),
      signed: false,
    }
  }
  const first = down - (up ?? 0)
  // What lies above the load is zero, and so is then the sign.
  const count = Math.min(64 - down, loaded - first)
  if (first < 0 || count < 1) return undefined
  const signed = arithmetic !== undefined && count === 64 - down
  return { at, load, insn, shifts: up === undefined ? [third] : [second, third], isDown: true, first, count, signed }
}

/** By how much a step shifts that register; undefined where it does not, or no such relocation wrote it. */
function shiftOf(
  step: Step | undefined,
  dst: WritableRegister,
  op: 'lsh' | 'rsh' | 'arsh',
  core: CoreKind | undefined,
): number | undefined {
  const insn = step?.insn
  if (core !== undefined && step?.core !== core) return undefined
  if (insn?.kind !== 'alu' || insn.width !== 64 || insn.op !== op || insn.dst !== dst) return undefined
  return typeof insn.src === 'number' && insn.src >= 0 && insn.src < 64 ? insn.src : undefined
}

/** A load that has the whole bitfield, and the bitfield's first bit in it. */
export interface Narrower {
  readonly step: Step
  readonly bits: number
  readonly first: number
}

/** Loads that have the whole bitfield and nothing outside the one there was; the narrowest first. */
export function narrowerLoads({ load, insn, first, count }: Bitfield, littleEndian: boolean): readonly Narrower[] {
  const whole = bytesOf[insn.size]
  const [low, high] = [Math.floor(first / 8), Math.floor((first + count - 1) / 8)]
  return (['u8', 'u16', 'u32', 'u64'] as const).flatMap((size) => {
    const bytes = bytesOf[size]
    const start = Math.floor(low / bytes) * bytes
    const off = insn.off + (littleEndian ? start : whole - start - bytes)
    if (start + bytes > whole || high >= start + bytes || off > 0x7fff) return []
    return [{ step: { ...load, insn: { ...insn, size, off } }, bits: 8 * bytes, first: first - 8 * start }]
  })
}
