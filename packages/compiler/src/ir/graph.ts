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

/** Registers that are read after the end of each block (phis read at the end of the block that leads to them). */
export function liveOut(f: IrFunction): readonly ReadonlySet<number>[] {
  const order = [...reversePostorder(f)].reverse()
  const ins = f.blocks.map(() => new Set<number>())
  const outs = f.blocks.map(() => new Set<number>())
  for (let changed = true; changed; ) {
    changed = false
    for (const at of order) {
      const block = f.blocks[at]
      const [into, out] = [ins[at], outs[at]]
      if (block === undefined || into === undefined || out === undefined) continue
      for (const next of successors(block.end)) {
        const following = f.blocks[next]
        const own = new Set(following?.phis.map((phi) => phi.dst))
        for (const register of ins[next] ?? []) if (!own.has(register)) out.add(register)
        for (const phi of following?.phis ?? []) {
          const value = phi.from.get(at)
          if (value !== undefined && 'reg' in value) out.add(value.reg)
        }
      }
      const size = into.size
      for (const register of liveIn(block, out)) into.add(register)
      if (into.size !== size) changed = true
    }
  }
  return outs
}

/** Registers that are alive at a block's start, its phis' among them. */
export function liveIn(block: Block, out: ReadonlySet<number>): ReadonlySet<number> {
  const alive = new Set(out)
  for (const register of usesOfEnd(block.end)) alive.add(register)
  for (const instr of block.instrs.toReversed()) {
    const defined = definedBy(instr)
    if (defined !== undefined) alive.delete(defined)
    for (const register of usesOf(instr)) alive.add(register)
  }
  return alive
}
