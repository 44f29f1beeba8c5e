import { decides, type Fact, factOf } from '../ir/facts.ts'
import { dominators, predecessors } from '../ir/graph.ts'
import type { IrFunction } from '../ir/ir.ts'
import { prunePhis } from '../ir/rewrite.ts'

/**
 * Branches that were decided before: inside `if (a < b)` a is less than b, until the two ways meet again. Down the dominator
 * tree with the conditions that lead to each block. Needs SSA form (what was compared cannot change), keeps it.
 */
export function decideKnown(f: IrFunction): IrFunction {
  const { children } = dominators(f)
  const before = predecessors(f)
  const blocks = [...f.blocks]
  let changed = false
  const walk = (at: number, facts: readonly Fact[]): void => {
    const block = blocks[at]
    if (block === undefined) return
    const { end } = block
    if (end.op === 'branch') {
      const question = { if: end.if, width: end.width, a: end.a, b: end.b }
      const answer = facts.map((fact) => decides(fact, question)).find((one) => one !== undefined)
      if (answer !== undefined) {
        blocks[at] = { ...block, end: { op: 'jump', to: answer ? end.yes : end.no } }
        changed = true
      }
    }
    for (const child of children[at] ?? []) {
      const only = (before[child] ?? []).length === 1 && before[child]?.[0] === at
      const own = only && end.op === 'branch' && end.yes !== end.no ? [factOf(end, end.yes === child)] : []
      walk(child, [...own, ...facts])
    }
  }
  walk(0, [])
  if (!changed) return f
  const next = { ...f, blocks }
  return prunePhis(next, predecessors(next))
}
