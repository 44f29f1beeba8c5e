import { predecessors } from '../ir/graph.ts'
import type { IrFunction } from '../ir/ir.ts'

/**
 * An order of the blocks in which many jumps lead to the next one, and so need no instruction. From each block it goes on
 * with one that only this block leads to; where ways meet comes when all of them have been placed, if that can be.
 */
export function placeBlocks(f: IrFunction): readonly number[] {
  const before = predecessors(f)
  const placed = new Set<number>()
  const order: number[] = []
  const waiting: number[] = [0]
  const ready = (block: number): boolean => (before[block] ?? []).every((from) => placed.has(from))
  const next = (): number | undefined => {
    const free = waiting.findLastIndex((block) => !placed.has(block) && ready(block))
    const at = free >= 0 ? free : waiting.findLastIndex((block) => !placed.has(block))
    return at < 0 ? undefined : waiting.splice(at, 1)[0]
  }
  for (let at = next(); at !== undefined; ) {
    placed.add(at)
    order.push(at)
    const end = f.blocks[at]?.end
    let follow: number | undefined
    if (end?.op === 'jump' && !placed.has(end.to)) {
      if (ready(end.to)) follow = end.to
      else waiting.push(end.to)
    } else if (end?.op === 'branch') {
      const open = [end.no, end.yes].filter((to) => !placed.has(to))
      const own = open.find((to) => (before[to] ?? []).length === 1) ?? open.find(ready) ?? open[0]
      follow = own
      for (const to of open) if (to !== own) waiting.push(to)
    }
    at = follow ?? next()
  }
  return order
}
