import { predecessors } from '../ir/graph.ts'
import { type Block, definedBy, type IrFunction } from '../ir/ir.ts'
import { retarget } from '../ir/layout.ts'
import { type Liveness, liveness } from '../ir/liveness.ts'

/**
 * `x = c ? 1 : 0` without a jump over the other arm: where one arm of a branch does nothing but set registers that the other
 * arm sets too, they are set before the branch.
 *
 *     if c goto A           x = 1
 *     x = 0; goto J         if c goto J
 *     A: x = 1              x = 0
 *     J:                    J:
 *
 * Outside of SSA form, when phis have become copies.
 */
export function convertIfs(f: IrFunction): IrFunction {
  const before = predecessors(f)
  // Only asked where the shape is right. What is alive at the ends of the other blocks stays so.
  let live: Liveness | undefined
  const blocks: Block[] = [...f.blocks]
  let changed = false
  const isArm = (at: number): boolean => {
    const block = blocks[at]
    return (
      before[at]?.length === 1 &&
      block?.end.op === 'jump' &&
      block.instrs.length > 0 &&
      block.instrs.every((instr) => instr.op === 'move')
    )
  }
  const length = (at: number): number => blocks[at]?.instrs.length ?? 0
  for (const [at, block] of blocks.entries()) {
    if (block.end.op !== 'branch' || block.end.yes === block.end.no) continue
    const { a, b, yes, no } = block.end
    for (const arm of [yes, no].filter(isArm).sort((one, other) => length(one) - length(other))) {
      const other = arm === yes ? no : yes
      const moves = blocks[arm]
      const rest = blocks[other]
      if (moves?.end.op !== 'jump' || rest === undefined || moves.end.to === other) continue
      // A jump is saved only where the other arm leads to the same block.
      if (rest.end.op !== 'jump' || rest.end.to !== moves.end.to) continue
      const { to } = moves.end
      const written = new Set(moves.instrs.map(definedBy))
      live ??= liveness(f)
      const alive = live.before(other)
      const read = [a, b].some((operand) => 'reg' in operand && written.has(operand.reg))
      if (read || [...written].some((register) => register !== undefined && alive.has(register))) continue
      blocks[at] = {
        phis: [],
        instrs: [...block.instrs, ...moves.instrs],
        end: retarget(block.end, (one) => (one === arm ? to : one)),
      }
      blocks[arm] = { phis: [], instrs: [], end: { op: 'return', a: undefined } }
      changed = true
      break
    }
  }
  return changed ? { ...f, blocks } : f
}
