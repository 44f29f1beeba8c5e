import { addTo, isInSet } from '../ir/bits.ts'
import { definedBy, type IrFunction, usesOf, usesOfEnd } from '../ir/ir.ts'
import { type Liveness, liveness } from '../ir/liveness.ts'

/** Who is alive together, by register, and which machine registers each may have. */
export interface Graph {
  /** Registers that there are, in the order in which they were met. */
  readonly nodes: readonly number[]
  /** Neighbours in the order in which they were met; among them may be such as have become one with another. */
  readonly near: readonly number[][]
  /** The same by pairs. */
  readonly pairs: Pairs
  /** How many neighbours there really are. */
  readonly degree: Int32Array
  /** Machine registers that each may have, as bits. */
  readonly allowed: Uint16Array
  readonly uses: Int32Array
  /** Copies, from the second register to the first. */
  readonly moves: readonly (readonly [number, number])[]
  /** 1 where a register has become one with another. */
  readonly gone: Uint8Array
}

/** Which registers are neighbours, as bits. */
export class Pairs {
  readonly #count: number
  /** Words for the neighbours of one register. */
  readonly #each: number
  readonly #words: Uint32Array
  constructor(count: number, words?: Uint32Array) {
    this.#count = count
    this.#each = (count + 31) >>> 5
    this.#words = words ?? new Uint32Array(count * this.#each)
  }
  has(a: number, b: number): boolean {
    return isInSet(this.#words, a * this.#each, b)
  }
  add(a: number, b: number): void {
    addTo(this.#words, a * this.#each, b)
    addTo(this.#words, b * this.#each, a)
  }
  copy(): Pairs {
    return new Pairs(this.#count, this.#words.slice())
  }
}

/** All machine registers, as bits. */
const ALL = 0b11_1111_1111
/** What a call leaves: r6 to r9. */
const SAVED = 0b11_1100_0000
/** Everything but the way to the arguments. */
const NOT_R1 = ALL & ~2

/** The interference graph of a function; `fixed` are registers that have to be certain ones. */
export function interference(f: IrFunction, fixed: ReadonlyMap<number, number>): Graph {
  const count = f.registers
  const nodes: number[] = []
  const near: number[][] = []
  for (let i = 0; i < count; i++) near.push([])
  const allowed = new Uint16Array(count).fill(ALL)
  const uses = new Int32Array(count)
  const moves: (readonly [number, number])[] = []
  const pairs = new Pairs(count)
  const isMet = new Uint8Array(count)
  const meet = (register: number): void => {
    if (isMet[register] === 1) return
    isMet[register] = 1
    nodes.push(register)
  }
  const use = (register: number): void => {
    meet(register)
    uses[register] = (uses[register] ?? 0) + 1
  }
  const restrict = (register: number, to: number): void => {
    allowed[register] = (allowed[register] ?? 0) & to
  }
  const isFixed = new Uint8Array(count)
  for (const [register, color] of fixed) {
    restrict(register, 1 << color)
    isFixed[register] = 1
  }
  const live = liveness(f)
  const alive = inOrder(count)
  for (const [i, block] of f.blocks.entries()) {
    alive.start(live, i)
    for (const register of usesOfEnd(block.end)) {
      alive.add(register)
      use(register)
    }
    for (let at = block.instrs.length - 1; at >= 0; at--) {
      const instr = block.instrs[at]
      if (instr === undefined) continue
      const defined = definedBy(instr)
      if (defined !== undefined) {
        use(defined)
        const mine = near[defined]
        // A move of 32 bits is no copy: it cuts.
        const source = instr.op === 'move' && instr.width === 64 && 'reg' in instr.a ? instr.a.reg : undefined
        alive.delete(defined)
        for (const other of alive.all) {
          if (other < 0 || other === source || pairs.has(defined, other)) continue
          pairs.add(defined, other)
          meet(other)
          mine?.push(other)
          near[other]?.push(defined)
        }
        if (source !== undefined && source !== defined) moves.push([defined, source])
      }
      // What is alive after a call has to be where calls leave it.
      if (instr.op === 'call') for (const register of alive.all) if (register >= 0) restrict(register, SAVED)
      for (const register of usesOf(instr)) {
        use(register)
        alive.add(register)
      }
      if (instr.op === 'argument') for (const register of alive.all) if (register >= 0) restrict(register, NOT_R1)
    }
  }
  // What has to be a certain register comes first, so that it can choose.
  const first: (readonly [number, number])[] = []
  const others: (readonly [number, number])[] = []
  for (const move of moves) (isFixed[move[0]] === 1 || isFixed[move[1]] === 1 ? first : others).push(move)
  const degree = new Int32Array(count)
  for (const register of nodes) degree[register] = near[register]?.length ?? 0
  return { nodes, near, pairs, degree, allowed, uses, moves: [...first, ...others], gone: new Uint8Array(count) }
}

/** A set of registers that keeps the order in which they came. */
interface InOrder {
  /** Below 0 are places of what has gone. */
  readonly all: readonly number[]
  /** What is alive at the end of a block. */
  start(live: Liveness, block: number): void
  add(register: number): void
  delete(register: number): void
}

function inOrder(count: number): InOrder {
  const all: number[] = []
  /** One more than the place in the list; 0 where it is not there. */
  const places = new Int32Array(count)
  let holes = 0
  const add = (register: number): void => {
    if (places[register] === 0) places[register] = all.push(register)
  }
  const close = (): void => {
    let kept = 0
    for (const register of all) {
      if (register < 0) continue
      all[kept++] = register
      places[register] = kept
    }
    all.length = kept
    holes = 0
  }
  return {
    all,
    start(live, block) {
      for (const register of all) if (register >= 0) places[register] = 0
      all.length = 0
      holes = 0
      live.after(block).each(add)
    },
    add,
    delete(register) {
      const place = places[register] ?? 0
      if (place === 0) return
      all[place - 1] = -1
      places[register] = 0
      holes++
      if (holes > 8 && 2 * holes > all.length) close()
    },
  }
}
