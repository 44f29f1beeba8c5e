import { only, type RegisterSet, readsOf, writesOf } from './effects.ts'
import { blockStarts, type Flow, isEnd, type Replaced, replaced, type Step } from './flow.ts'
import { isDeadAfter, liveAfter } from './remove-dead.ts'
import { WINDOW } from './touches.ts'

/**
 * Places that CO-RE relocations added to an address go into the loads and stores there, and copies of an address that are
 * good for loads and stores only go, too.
 *
 *     r7 = r6
 *     r7 += 1360                  r7 = *(u8 *)(r6 + 1457)
 *     r7 = *(u8 *)(r7 + 97)
 *
 * Where what was copied is written while the copy is needed, the copy is all there is of it:
 *
 *     r6 = *(u64 *)(r1 + 0)       r7 = *(u64 *)(r1 + 0)
 *     r7 = r6
 *     r6 = *(u32 *)(r6 + 8)       r6 = *(u32 *)(r7 + 8)
 *     *(u32 *)(r7 + 4) = r6       *(u32 *)(r7 + 4) = r6
 */
export function foldAddresses(flow: Flow, result: RegisterSet): Flow {
  const starts = blockStarts(flow)
  const live = liveAfter(flow, result)
  const parts: Replaced[] = [...flow]
  const tries = { left: flow.length > LONGEST ? 0 : MOST_TRIES }
  for (const [at, step] of flow.entries()) {
    const moved = movedAddress(step)
    // Of two that belong together, the second is looked at in the next round.
    if (moved === undefined || parts[at] !== step) continue
    const accesses =
      accessesThrough(flow, starts, live, result, at, moved) ??
      accessesAnywhere(flow, result, at, moved, tries) ??
      accessesOfSource(flow, starts, result, at, moved, tries)
    if (accesses === undefined || accesses.some(([place]) => parts[place] !== flow[place])) continue
    parts[at] = undefined
    for (const [place, part] of accesses) parts[place] = part
  }
  return replaced(flow, parts)
}

type Address = Extract<Step['insn'], { readonly kind: 'load' }>['base']

/** `register` is `base` plus `offset`. */
interface Moved {
  readonly register: Address
  readonly base: Address
  readonly offset: number
}

function movedAddress({ insn, core }: Step): Moved | undefined {
  if (insn.kind !== 'alu' || insn.width !== 64) return undefined
  if (insn.op === 'mov')
    return typeof insn.src === 'number' || insn.src === insn.dst
      ? undefined
      : { register: insn.dst, base: insn.src, offset: 0 }
  if (core !== 'field_byte_offset') return undefined
  const offset = added(insn)
  return offset === undefined ? undefined : { register: insn.dst, base: insn.dst, offset }
}

function added(insn: Extract<Step['insn'], { readonly kind: 'alu' }>): number | undefined {
  if (insn.width !== 64 || typeof insn.src !== 'number') return undefined
  if (insn.op === 'add') return insn.src
  return insn.op === 'sub' ? -insn.src : undefined
}

/**
 * What the steps behind a moved address become without it, where all that is done with the register until its value is
 * forgotten are loads and stores; undefined where there is more to it.
 */
function accessesThrough(
  flow: Flow,
  starts: readonly boolean[],
  live: readonly RegisterSet[],
  result: RegisterSet,
  from: number,
  { register, base, offset }: Moved,
): readonly (readonly [at: number, part: Replaced])[] | undefined {
  const accesses: (readonly [number, Replaced])[] = []
  const mine = only(register)
  let baseHolds = true
  for (let at = from + 1; at <= from + WINDOW; at++) {
    const step = flow[at]
    if (step === undefined || starts[at] === true) return undefined
    const { insn } = step
    if ((readsOf(step, result) & mine) !== 0) {
      const back = insn.kind === 'alu' && insn.dst === register && base === register ? added(insn) : undefined
      if (back === -offset) return [...accesses, [at, undefined]]
      const access = baseHolds ? moved(step, register, base, offset) : undefined
      if (access === undefined) return undefined
      accesses.push([at, access])
    }
    if ((writesOf(step) & mine) !== 0 || isDeadAfter(live, at, register)) return accesses
    if (base !== register && (writesOf(step) & only(base)) !== 0) baseHolds = false
  }
  return undefined
}

/** Longer functions, and more addresses of one, are nothing that a compiler of ours would make. */
const LONGEST = 4096
const MOST_TRIES = 64

/** What is known of the register of a moved address before a step, as bits: ways may bring several. */
const MOVED = 1
const MOVED_AND_BASE_LOST = 2
const OTHER = 4

/** The same over all blocks: no access may get an address from elsewhere, nor one whose base is not there any more. */
function accessesAnywhere(
  flow: Flow,
  result: RegisterSet,
  from: number,
  { register, base, offset }: Moved,
  tries: { left: number },
): readonly (readonly [at: number, part: Replaced])[] | undefined {
  if (tries.left-- <= 0) return undefined
  const mine = only(register)
  const states = new Uint8Array(flow.length)
  const work: [at: number, state: number][] = [[0, OTHER]]
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const [at, state] = next
    const step = flow[at]
    if (step === undefined || ((states[at] ?? 0) & state) !== 0) continue
    states[at] = (states[at] ?? 0) | state
    // An address that is moved once more each time around.
    if (at === from && base === register && state !== OTHER) return undefined
    const read = (readsOf(step, result) & mine) !== 0
    if (
      read &&
      at !== from &&
      state !== OTHER &&
      (state !== MOVED || moved(step, register, base, offset) === undefined)
    )
      return undefined
    if (read && at !== from && ((states[at] ?? 0) & OTHER) !== 0 && states[at] !== OTHER) return undefined
    const after = stateAfter(step, at === from, state, mine, base === register ? 0 : only(base))
    if (step.target !== undefined) work.push([step.target, after])
    if (!isEnd(step)) work.push([at + 1, after])
  }
  return flow.flatMap((step, at): readonly (readonly [number, Replaced])[] =>
    at !== from && states[at] === MOVED && (readsOf(step, result) & mine) !== 0
      ? [[at, moved(step, register, base, offset)]]
      : [],
  )
}

/** What a load that is copied at once becomes when it goes to the copy, and what is done with its own register then. */
function accessesOfSource(
  flow: Flow,
  starts: readonly boolean[],
  result: RegisterSet,
  from: number,
  { register, base, offset }: Moved,
  tries: { left: number },
): readonly (readonly [at: number, part: Replaced])[] | undefined {
  const loaded = flow[from - 1]
  const isCopy = base !== register && offset === 0
  if (!isCopy || starts[from] === true || loaded?.insn.kind !== 'load' || loaded.insn.dst !== base) return undefined
  if (register === 'r10') return undefined
  const accesses = accessesAnywhere(flow, result, from, { register: base, base: register, offset }, tries)
  return accesses === undefined
    ? undefined
    : [[from - 1, { ...loaded, insn: { ...loaded.insn, dst: register } }], ...accesses]
}

function stateAfter(step: Step, isMove: boolean, state: number, mine: RegisterSet, base: RegisterSet): number {
  if (isMove) return MOVED
  const writes = writesOf(step)
  if ((writes & mine) !== 0) return OTHER
  return state === MOVED && (writes & base) !== 0 ? MOVED_AND_BASE_LOST : state
}

/** A load or store at another address; undefined where the step does something else with the register. */
function moved(step: Step, register: Address, base: Address, offset: number): Step | undefined {
  const { insn } = step
  if ((insn.kind !== 'load' && insn.kind !== 'store') || insn.base !== register) return undefined
  if (insn.kind === 'store' && insn.src === register) return undefined
  // The offset of an argument is not known yet.
  if (step.relocation !== undefined && offset !== 0) return undefined
  const off = insn.off + offset
  return off < -0x8000 || off > 0x7fff ? undefined : { ...step, insn: { ...insn, base, off } }
}
