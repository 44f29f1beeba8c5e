import { type Block, definedBy, type IrFunction, successors, usesOf, usesOfEnd } from './ir.ts'

/** Blocks that lead to each block; those that nobody reaches lead nowhere. */
export function predecessors(f: IrFunction): readonly (readonly number[])[] {
  const found: number[][] = f.blocks.map(() => [])
  for (const at of reversePostorder(f))
    for (const next of new Set(successors(f.blocks[at]?.end ?? { op: 'return', a: undefined }))) found[next]?.push(at)
  return found
}

/** Blocks that can be reached, each before those it leads to, except backwards in loops. */
export function reversePostorder(f: IrFunction): readonly number[] {
  const order: number[] = []
  const seen = new Set([0])
  const stack: { readonly block: number; next: number }[] = [{ block: 0, next: 0 }]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const to = successors(f.blocks[top.block]?.end ?? { op: 'return', a: undefined })[top.next++]
    if (to === undefined) {
      order.push(top.block)
      stack.pop()
    } else if (!seen.has(to)) {
      seen.add(to)
      stack.push({ block: to, next: 0 })
    }
  }
  return order.reverse()
}

/** Who dominates whom. */
export interface Dominators {
  readonly order: readonly number[]
  /** The closest block that every way to a block leads through; the first block's is itself. */
  readonly idom: ReadonlyMap<number, number>
  readonly children: ReadonlyMap<number, readonly number[]>
  dominates(above: number, below: number): boolean
}

/** Dominators by Cooper, Harvey and Kennedy: "A Simple, Fast Dominance Algorithm". */
export function dominators(f: IrFunction): Dominators {
  const order = reversePostorder(f)
  const place = new Map(order.map((block, i) => [block, i]))
  const before = predecessors(f)
  const idom = new Map<number, number>([[0, 0]])
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b]
    while (x !== y) {
      if ((place.get(x) ?? 0) > (place.get(y) ?? 0)) x = idom.get(x) ?? 0
      else y = idom.get(y) ?? 0
    }
    return x
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const block of order) {
      if (block === 0) continue
      let found: number | undefined
      for (const from of before[block] ?? []) if (idom.has(from)) found = found === undefined ? from : meet(from, found)
      if (found !== undefined && idom.get(block) !== found) {
        idom.set(block, found)
        changed = true
      }
    }
  }
  const children = new Map<number, number[]>()
  for (const block of order) {
    if (block === 0) continue
    const parent = idom.get(block) ?? 0
    children.set(parent, [...(children.get(parent) ?? []), block])
  }
  return {
    order,
    idom,
    children,
    dominates(above, below) {
      let at = below
      while (at !== above && at !== 0) at = idom.get(at) ?? 0
      return at === above
    },
  }
}

/** A set of registers, as bits. */
export class Registers {
  readonly #words: Uint32Array
  constructor(size: number) {
    this.#words = new Uint32Array((size + 31) >>> 5)
  }
  has(register: number): boolean {
    return ((this.#words[register >>> 5] ?? 0) & (1 << (register & 31))) !== 0
  }
  add(register: number): void {
    const at = register >>> 5
    this.#words[at] = (this.#words[at] ?? 0) | (1 << (register & 31))
  }
  delete(register: number): void {
    const at = register >>> 5
    this.#words[at] = (this.#words[at] ?? 0) & ~(1 << (register & 31))
  }
  /** Take up all of another; says whether that was more. */
  addAll(other: Registers, except: Registers = NO_REGISTERS): boolean {
    let grew = false
    for (let i = 0; i < this.#words.length; i++) {
      const mine = this.#words[i] ?? 0
      const next = (mine | ((other.#words[i] ?? 0) & ~(except.#words[i] ?? 0))) >>> 0
      if (next !== mine) grew = true
      this.#words[i] = next
    }
    return grew
  }
  copy(): Registers {
    const made = new Registers(this.#words.length << 5)
    made.#words.set(this.#words)
    return made
  }
  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.#words.length; i++)
      for (let left = this.#words[i] ?? 0; left !== 0; left &= left - 1) yield (i << 5) + 31 - Math.clz32(left & -left)
  }
}

/** None at all. */
export const NO_REGISTERS: Registers = new Registers(0)

/** Registers that are read after the end of each block (phis read at the end of the block that leads to them). */
export function liveOut(f: IrFunction): readonly Registers[] {
  const order = [...reversePostorder(f)].reverse()
  const empty = (): Registers => new Registers(f.registers)
  const ins = f.blocks.map(empty)
  const outs = f.blocks.map(empty)
  const written = f.blocks.map(empty)
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined) continue
    // What is read before it is written; of what is written, nothing passes through from below.
    ins[at]?.addAll(liveIn(block, empty()))
    for (const instr of block.instrs) {
      const dst = definedBy(instr)
      if (dst !== undefined) written[at]?.add(dst)
    }
    for (const next of successors(block.end))
      for (const phi of f.blocks[next]?.phis ?? []) {
        const value = phi.from.get(at)
        if (value !== undefined && 'reg' in value) outs[at]?.add(value.reg)
      }
  }
  const phis = f.blocks.map((block) => {
    const own = empty()
    for (const phi of block.phis) own.add(phi.dst)
    return own
  })
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
  for (const register of usesOfEnd(block.end)) alive.add(register)
  for (let i = block.instrs.length - 1; i >= 0; i--) {
    const instr = block.instrs[i]
    if (instr === undefined) continue
    const defined = definedBy(instr)
    if (defined !== undefined) alive.delete(defined)
    for (const register of usesOf(instr)) alive.add(register)
  }
  return alive
}
