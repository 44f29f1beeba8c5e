import type { Load, MemSize, WritableRegister } from '@tscc/insn'
import type { Flow, Step } from './flow.ts'
import { nextTouch } from './touches.ts'

/** A load, and shifts that leave `count` bits of it from bit `first` on (0 is the lowest of what was loaded). */
export interface Bitfield {
  readonly at: number
  readonly load: Step
  readonly insn: Load & { readonly size: MemSize }
  readonly left: number
  /** Undefined: it was not shifted down again, which is good for a test for zero only. */
  readonly right: number | undefined
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
  const left = nextTouch(flow, starts, at, insn.dst)
  const up = left === undefined ? undefined : shiftOf(flow[left], insn.dst, 'lsh')
  if (left === undefined || up === undefined || flow[left]?.core !== 'field_lshift_u64') return undefined
  const loaded = 8 * bytesOf[insn.size]
  const next = nextTouch(flow, starts, left, insn.dst)
  const step = next === undefined ? undefined : flow[next]
  const arithmetic = shiftOf(step, insn.dst, 'arsh')
  const down = arithmetic ?? shiftOf(step, insn.dst, 'rsh')
  if (down === undefined)
    return { at, load, insn, left, right: undefined, first: 0, count: Math.min(64 - up, loaded), signed: false }
  const first = down - up
  // What lies above the load is zero, and so is then the sign.
  const count = Math.min(64 - down, loaded - first)
  if (first < 0 || count < 1) return undefined
  return { at, load, insn, left, right: next, first, count, signed: arithmetic !== undefined && count === 64 - down }
}

function shiftOf(step: Step | undefined, dst: WritableRegister, op: 'lsh' | 'rsh' | 'arsh'): number | undefined {
  const insn = step?.insn
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
