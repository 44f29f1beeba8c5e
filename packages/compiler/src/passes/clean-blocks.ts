import { predecessors, reversePostorder } from '../ir/graph.ts'
import { type Block, type IrFunction, retarget } from '../ir/ir.ts'

/**
 * Fewer blocks: jumps to blocks that do nothing but jump lead on, a block that only one leads to becomes part of that one,
 * what nobody reaches is empty. Outside of SSA form: no phi has to hear of it.
 */
export function cleanBlocks(f: IrFunction): IrFunction {
  const finalOf = (block: number, steps = 0): number => {
    const found = f.blocks[block]
    return found?.end.op === 'jump' && found.instrs.length === 0 && steps < f.blocks.length
      ? finalOf(found.end.to, steps + 1)
      : block
  }
  const threaded = {
    ...f,
    blocks: f.blocks.map((block) => ({ ...block, end: retarget(block.end, (to) => finalOf(to)) })),
  }
  const before = predecessors(threaded)
  const blocks: Block[] = [...threaded.blocks]
  const reached = reversePostorder(threaded)
  const empty: Block = { phis: [], instrs: [], end: { op: 'return', a: undefined } }
  const gone = new Set<number>()
  for (const at of reached) {
    if (gone.has(at)) continue
    for (let block = blocks[at]; block?.end.op === 'jump'; block = blocks[at]) {
      const { to } = block.end
      const next = blocks[to]
      if (next === undefined || to === at || to === 0 || (before[to] ?? []).length !== 1) break
      blocks[at] = { phis: [], instrs: [...block.instrs, ...next.instrs], end: next.end }
      gone.add(to)
    }
  }
  const kept = new Set(reached.filter((at) => !gone.has(at)))
  return { ...f, blocks: blocks.map((block, at) => (kept.has(at) ? block : empty)) }
}
