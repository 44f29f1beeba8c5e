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
  /** What holds here, the latest last. */
  const facts: Fact[] = []
  const walk = (at: number): void => {
    const block = blocks[at]
    if (block === undefined) return
    const { end } = block
    if (end.op === 'branch') {
      const answer = lastAnswer(facts, { if: end.if, width: end.width, a: end.a, b: end.b })
      if (answer !== undefined) {
        blocks[at] = { phis: block.phis, instrs: block.instrs, end: { op: 'jump', to: answer ? end.yes : end.no } }
        changed = true
      }
    }
    for (const child of children[at] ?? []) {
      const only = before[child]?.length === 1 && before[child]?.[0] === at
      if (!only || end.op !== 'branch' || end.yes === end.no) {
        walk(child)
        continue
      }
      facts.push(factOf(end, end.yes === child))
      walk(child)
      facts.pop()
    }
  }
  walk(0)
  if (!changed) return f
  const next = { ...f, blocks }
  return prunePhis(next, predecessors(next))
}

function lastAnswer(facts: readonly Fact[], question: Fact): boolean | undefined {
  for (let i = facts.length - 1; i >= 0; i--) {
    const fact = facts[i]
    const answer = fact === undefined ? undefined : decides(fact, question)
    if (answer !== undefined) return answer
  }
  return undefined
}
