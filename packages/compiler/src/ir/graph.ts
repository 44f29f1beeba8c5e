import { type Block, definedBy, type IrFunction, successors, type Terminator, usesOf, usesOfEnd } from './ir.ts'

/** What was found of functions' blocks: they never change, and each pass asks for the same. */
const orders = new WeakMap<readonly Block[], readonly number[]>()
const befores = new WeakMap<readonly Block[], readonly (readonly number[])[]>()

/** Blocks that lead to each block; those that nobody reaches lead nowhere. */
export function predecessors(f: IrFunction): readonly (readonly number[])[] {
  const known = befores.get(f.blocks)
  if (known !== undefined) return known
  const found: number[][] = f.blocks.map(() => [])
  for (const at of reversePostorder(f)) {
    const end = f.blocks[at]?.end
    if (end === undefined || end.op === 'return') continue
    const first = end.op === 'jump' ? end.to : end.yes
    found[first]?.push(at)
    if (end.op === 'branch' && end.no !== first) found[end.no]?.push(at)
  }
  befores.set(f.blocks, found)
  return found
}

/** Blocks that can be reached, each before those it leads to, except backwards in loops. */
export function reversePostorder(f: IrFunction): readonly number[] {
  const known = orders.get(f.blocks)
  if (known !== undefined) return known
  const order: number[] = []
  const seen = new Uint8Array(f.blocks.length)
  seen[0] = 1
  const stack = [0]
  /** How many of its successors have been looked at. */
  const looked = new Uint8Array(f.blocks.length)
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const end = f.blocks[top]?.end
    const turn = looked[top] ?? 0
    looked[top] = turn + 1
    const to = end === undefined ? undefined : successorAt(end, turn)
    if (to === undefined) {
      order.push(top)
      stack.pop()
    } else if (seen[to] !== 1) {
      seen[to] = 1
      stack.push(to)
    }
  }
  order.reverse()
  orders.set(f.blocks, order)
  return order
}

function successorAt(end: Terminator, turn: number): number | undefined {
  if (end.op === 'jump') return turn === 0 ? end.to : undefined
  if (end.op === 'branch') return turn === 0 ? end.yes : turn === 1 ? end.no : undefined
  return undefined
}

/** Who dominates whom. */
export interface Dominators {
  readonly order: readonly number[]
  /** By block: the closest one that every way to it leads through; the first block's is itself, what nobody reaches has -1. */
  readonly idom: Int32Array
  readonly children: readonly (readonly number[])[]
  dominates(above: number, below: number): boolean
}

/** Dominators by Cooper, Harvey and Kennedy: "A Simple, Fast Dominance Algorithm". */
export function dominators(f: IrFunction): Dominators {
  const order = reversePostorder(f)
  const place = new Int32Array(f.blocks.length)
  for (const [i, block] of order.entries()) place[block] = i
  const before = predecessors(f)
  const idom = new Int32Array(f.blocks.length).fill(-1)
  idom[0] = 0
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b]
    while (x !== y) {
      if ((place[x] ?? 0) > (place[y] ?? 0)) x = idom[x] ?? 0
      else y = idom[y] ?? 0
    }
    return x
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const block of order) {
      if (block === 0) continue
      let found = -1
      for (const from of before[block] ?? []) if (idom[from] !== -1) found = found === -1 ? from : meet(from, found)
      if (found !== -1 && idom[block] !== found) {
        idom[block] = found
        changed = true
      }
    }
  }
  const children: number[][] = f.blocks.map(() => [])
  for (const block of order) if (block !== 0) children[idom[block] ?? 0]?.push(block)
  return {
    order,
    idom,
    children,
    dominates(above, below) {
      let at = below
      while (at !== above && at > 0) at = idom[at] ?? 0
      return at === above
    },
  }
}

/** A set of registers, as bits. */
export class Registers {
  readonly #words: Uint32Array
  /** Its part of the words. */
  readonly #from: number
  readonly #to: number
  constructor(size: number, words: Uint32Array = new Uint32Array(wordsFor(size)), from = 0) {
    this.#words = words
    this.#from = from
    this.#to = from + wordsFor(size)
  }
  /** Many sets, which take much less time together than each by itself. */
  static many(count: number, size: number): Registers[] {
    const each = wordsFor(size)
    const words = new Uint32Array(count * each)
    return Array.from({ length: count }, (_, i) => new Registers(size, words, i * each))
  }
  has(register: number): boolean {
    const at = this.#from + (register >>> 5)
    return at < this.#to && ((this.#words[at] ?? 0) & (1 << (register & 31))) !== 0
  }
  add(register: number): void {
    const at = this.#from + (register >>> 5)
    this.#words[at] = (this.#words[at] ?? 0) | (1 << (register & 31))
  }
  delete(register: number): void {
    const at = this.#from + (register >>> 5)
    this.#words[at] = (this.#words[at] ?? 0) & ~(1 << (register & 31))
  }
  /** Take up all of another of the same size; says whether that was more. */
  addAll(other: Registers, except: Registers = NO_REGISTERS): boolean {
    const [mine, theirs, not] = [this.#words, other.#words, except.#words]
    const [to, without] = [this.#from - other.#from, except.#from - other.#from]
    const isBare = except.#from === except.#to
    let grew = false
    for (let i = other.#from; i < other.#to; i++) {
      const word = theirs[i] ?? 0
      if (word === 0) continue
      const old = mine[i + to] ?? 0
      const next = (old | (isBare ? word : word & ~(not[i + without] ?? 0))) >>> 0
      if (next === old) continue
      grew = true
      mine[i + to] = next
    }
    return grew
  }
  copy(): Registers {
    const words = this.#words.slice(this.#from, this.#to)
    return new Registers(words.length << 5, words)
  }
  *[Symbol.iterator](): Generator<number> {
    for (let i = this.#from; i < this.#to; i++)
      for (let left = this.#words[i] ?? 0; left !== 0; left &= left - 1)
        yield ((i - this.#from) << 5) + 31 - Math.clz32(left & -left)
  }
}

const wordsFor = (size: number): number => (size + 31) >>> 5

/** None at all. */
export const NO_REGISTERS: Registers = new Registers(0)

/** Registers that are read after the end of each block (phis read at the end of the block that leads to them). */
export function liveOut(f: IrFunction): readonly Registers[] {
  const order = [...reversePostorder(f)].reverse()
  const count = f.blocks.length
  const ins = Registers.many(count, f.registers)
  const outs = Registers.many(count, f.registers)
  const written = Registers.many(count, f.registers)
  const phis: Registers[] = f.blocks.map(() => NO_REGISTERS)
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined) continue
    // What is read before it is written; of what is written, nothing passes through from below.
    const [into, own] = [ins[at], written[at]]
    if (into !== undefined) goUp(block, into)
    for (const instr of block.instrs) {
      const dst = definedBy(instr)
      if (dst !== undefined) own?.add(dst)
    }
    if (block.phis.length > 0) {
      const made = new Registers(f.registers)
      for (const phi of block.phis) made.add(phi.dst)
      phis[at] = made
    }
  }
  for (const at of order)
    for (const next of successors(f.blocks[at]?.end ?? { op: 'return', a: undefined }))
      for (const phi of f.blocks[next]?.phis ?? []) {
        const value = phi.from.get(at)
        if (value !== undefined && 'reg' in value) outs[at]?.add(value.reg)
      }
  for (let changed = true; changed; ) {
    changed = false
    for (const at of order) {
      const [into, out] = [ins[at], outs[at]]
      const block = f.blocks[at]
      if (block === undefined || into === undefined || out === undefined) continue
      for (const next of successors(block.end)) {
        const following = ins[next]
        if (following !== undefined) out.addAll(following, phis[next])
      }
      if (into.addAll(out, written[at])) changed = true
    }
  }
  return outs
}

/** Registers that are alive at a block's start, its phis' among them. */
export function liveIn(block: Block, out: Registers): Registers {
  const alive = out.copy()
  goUp(block, alive)
  return alive
}

/** From what is alive at a block's end to what is at its start. */
function goUp(block: Block, alive: Registers): void {
  for (const register of usesOfEnd(block.end)) alive.add(register)
  for (let i = block.instrs.length - 1; i >= 0; i--) {
    const instr = block.instrs[i]
    if (instr === undefined) continue
    const defined = definedBy(instr)
    if (defined !== undefined) alive.delete(defined)
    for (const register of usesOf(instr)) alive.add(register)
  }
}
