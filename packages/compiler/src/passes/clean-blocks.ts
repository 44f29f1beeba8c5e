import { predecessors, reversePostorder } from '../ir/graph.ts'
import type { Block, Instr, IrFunction } from '../ir/ir.ts'
import { retarget } from '../ir/layout.ts'

/**
 * Fewer blocks: jumps to blocks that do nothing but jump lead on, a block that only one leads to becomes part of that one,
 * what nobody reaches is empty. Outside of SSA form: no phi has to hear of it.
 */
export function cleanBlocks(f: IrFunction): IrFunction {
  const finalOf = (block: number): number => {
    let at = block
    for (let steps = 0; steps < f.blocks.length; steps++) {
      const found = f.blocks[at]
      if (found?.end.op !== 'jump' || found.instrs.length > 0) break
      at = found.end.to
    }
    return at
  }
  let changed = false
  const blocks = f.blocks.map((block): Block => {
    const end = retarget(block.end, finalOf)
    if (end === block.end) return block
    changed = true
    return { phis: [], instrs: block.instrs, end }
  })
  const threaded = changed ? { ...f, blocks: [...blocks] } : f
  const before = predecessors(threaded)
  const kept = new Uint8Array(blocks.length)
  const reached = reversePostorder(threaded)
  for (const at of reached) kept[at] = 1
  for (const at of reached) {
    if (kept[at] === 0) continue
    let block = blocks[at]
    let instrs: Instr[] | undefined
    while (block?.end.op === 'jump') {
      const { to }: { readonly to: number } = block.end
      const next: Block | undefined = blocks[to]
      if (next === undefined || to === at || to === 0 || before[to]?.length !== 1) break
      instrs ??= [...block.instrs]
      for (const instr of next.instrs) instrs.push(instr)
      block = { phis: [], instrs, end: next.end }
      kept[to] = 0
    }
    if (block === undefined || instrs === undefined) continue
    blocks[at] = block
    changed = true
  }
  for (let at = 0; at < blocks.length; at++) {
    if (kept[at] === 1 || isEmpty(blocks[at])) continue
    blocks[at] = EMPTY
    changed = true
  }
  return changed ? { ...f, blocks } : f
}

const EMPTY: Block = { phis: [], instrs: [], end: { op: 'return', a: undefined } }
const isEmpty = (block: Block | undefined): boolean =>
  block === EMPTY || (block?.instrs.length === 0 && block.end.op === 'return' && block.end.a === undefined)
