import { addTo, type BitSet } from './bits.ts'
import { predecessors, reversePostorder } from './graph.ts'
import type { AccessSize, Block, Instr, IrFunction, Place } from './ir.ts'
import { type Access, accessKey, lastName, mayOverlap, type Private, unsharedRegions } from './memory.ts'
import { remembered } from './remembered.ts'

/** Numbers of accesses, as bits. */
export type AccessSet = BitSet

/** The different accesses of a function, numbered: data flow over them is one over bits. */
export interface Accesses {
  readonly count: number
  /** Words of a set of them. */
  readonly words: number
  /** One of each, by its number. */
  readonly all: readonly Access[]
  /** Of an access of this function. */
  numberOf(access: Access): number
  /** Those that a step may change; undefined where there are none. */
  changedBy(instr: Instr): AccessSet | undefined
  /** Those whose bytes a step may read; undefined where there are none. */
  readBy(instr: Instr): AccessSet | undefined
}

const SIZES: readonly AccessSize[] = ['u8', 'u16', 'u32', 'u64']

/** All accesses of a function. */
export function accessesOf(f: IrFunction): Accesses {
  return numbered.get(f) ?? numbered.set(f, findAccesses(f))
}

/** Passes that leave a function as it is ask for the same. */
const numbered = remembered<IrFunction, Accesses>()

function findAccesses(f: IrFunction): Accesses {
  const numbers = numbering(f.registers)
  const { all, numberOf } = numbers
  for (const { instrs } of f.blocks)
    for (const instr of instrs)
      if (instr.op === 'load' || instr.op === 'store' || instr.op === 'atomicAdd') numberOf(instr)
  const count = all.length
  const words = (count + 31) >>> 5
  /** Only accesses of one group can overlap. */
  const groups = new Map<string, number[]>()
  for (let number = 0; number < count; number++) {
    const access = all[number]
    if (access === undefined) break
    const group = groups.get(groupOf(access))
    if (group === undefined) groups.set(groupOf(access), [number])
    else group.push(number)
  }
  const overlaps: AccessSet[] = []
  const overlapping = (access: Access): AccessSet => {
    const number = numberOf(access)
    const known = overlaps[number]
    if (known !== undefined) return known
    const made = new Uint32Array(words)
    for (const other of groups.get(groupOf(access)) ?? []) {
      const found = all[other]
      if (found !== undefined && mayOverlap(access, found)) addTo(made, 0, other)
    }
    overlaps[number] = made
    return made
  }
  let shared: AccessSet | undefined
  /** What a call may touch: all but memory of this very function. */
  const touchedByCalls = (): AccessSet => {
    shared ??= sharedOf(all, unsharedRegions(f.blocks))
    return shared
  }
  return {
    count,
    words,
    all,
    numberOf,
    changedBy(instr) {
      if (instr.op === 'store' || instr.op === 'atomicAdd') return overlapping(instr)
      if (instr.op !== 'call' || (instr.callee.kind === 'helper' && instr.callee.quiet)) return undefined
      return touchedByCalls()
    },
    readBy(instr) {
      if (instr.op === 'load' || instr.op === 'atomicAdd') return overlapping(instr)
      // A helper sees nothing but what it is given.
      if (instr.op !== 'call' || (instr.callee.kind === 'helper' && instr.args.length === 0)) return undefined
      return touchedByCalls()
    },
  }
}

/** Fields by their names, and all other memory. */
const groupOf = ({ place }: Access): string => (place.kind === 'field' ? lastName(place.field) : '')

const sharedOf = (all: readonly Access[], unshared: Private): AccessSet =>
  setOf(all, ({ place }) => !(place.kind === 'memory' && unshared(place.region)))

function setOf(all: readonly Access[], isIn: (access: Access) => boolean): AccessSet {
  const made = new Uint32Array((all.length + 31) >>> 5)
  for (const [number, access] of all.entries()) if (isIn(access)) addTo(made, 0, number)
  return made
}

/** Numbers in the order of the first asking. Places are compared as objects where that will do, since comparing texts is slow. */
function numbering(registers: number): Pick<Accesses, 'all' | 'numberOf'> {
  const all: Access[] = []
  const bySize = SIZES.map(() => new Map<Place, number>())
  const byText = new Map<string, number>()
  const byKey = new Map<number, number>()
  const placeOf = ({ place, size }: Access): number => {
    const known = bySize[SIZES.indexOf(size)]
    const found = known?.get(place)
    if (found !== undefined) return found
    const text = accessKey({ base: NOTHING, place, size })
    const number = byText.get(text) ?? byText.size
    byText.set(text, number)
    known?.set(place, number)
    return number
  }
  return {
    all,
    numberOf(access) {
      const { base } = access
      // What has no register as its base is named by its region.
      const key = placeOf(access) * (registers + 1) + ('reg' in base ? base.reg + 1 : 0)
      const found = byKey.get(key)
      if (found !== undefined) return found
      byKey.set(key, all.length)
      return all.push(access) - 1
    },
  }
}

const NOTHING = { imm: 0n }

/** Does a block do anything of a kind? */
export const hasStep = (blocks: readonly Block[], op: Instr['op']): boolean =>
  blocks.some(({ instrs }) => instrs.some((instr) => instr.op === op))

/** Accesses by the register that they start from. */
export function byBase({ all, words }: Accesses): ReadonlyMap<number, AccessSet> {
  const found = new Map<number, AccessSet>()
  for (const [number, { base }] of all.entries()) {
    if (!('reg' in base)) continue
    const set = found.get(base.reg) ?? new Uint32Array(words)
    found.set(base.reg, set)
    addTo(set, 0, number)
  }
  return found
}

/** What each block does to a set, whatever comes to it: one set for each block, one behind the other. */
export interface Effects {
  /** In the set at its end, wherever it came from. */
  readonly leaves: AccessSet
  /** In the set at its end if it was at its start. */
  readonly keeps: AccessSet
}

/** Sets by block: what is in the set at its start, whichever way led there. An optimistic data flow: loops keep what they do not change. */
export function atStarts(f: IrFunction, words: number, { leaves, keeps }: Effects): AccessSet {
  const order = reversePostorder(f)
  const before = predecessors(f)
  const starts = new Uint32Array(f.blocks.length * words).fill(-1)
  starts.fill(0, 0, words)
  for (let changed = true; changed; ) {
    changed = false
    for (const at of order) {
      if (at === 0) continue
      for (const from of before[at] ?? [])
        for (let word = 0; word < words; word++) {
          const above = from * words + word
          const end = (leaves[above] ?? 0) | ((starts[above] ?? 0) & (keeps[above] ?? 0))
          const here = at * words + word
          const old = starts[here] ?? 0
          const next = (old & end) >>> 0
          if (next === old) continue
          starts[here] = next
          changed = true
        }
    }
  }
  return starts
}
