import { liveIn, liveOut, NO_REGISTERS, predecessors } from '../ir/graph.ts'
import { type Block, definedBy, type IrFunction, retarget } from '../ir/ir.ts'

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
  let current = f
  for (let round = 0; round < f.blocks.length; round++) {
    const next = convertOne(current)
    if (next === undefined) break
    current = next
  }
  return current
}

function convertOne(f: IrFunction): IrFunction | undefined {
  const before = predecessors(f)
  const outs = liveOut(f)
  const isArm = (at: number): boolean => {
    const block = f.blocks[at]
    return (
      (before[at] ?? []).length === 1 &&
      block?.end.op === 'jump' &&
      block.instrs.length > 0 &&
      block.instrs.every((instr) => instr.op === 'move')
    )
  }
  for (const [at, block] of f.blocks.entries()) {
    if (block.end.op !== 'branch' || block.end.yes === block.end.no) continue
    const { a, b, yes, no } = block.end
    const arms = [yes, no]
      .filter(isArm)
      .sort((one, other) => (f.blocks[one]?.instrs.length ?? 0) - (f.blocks[other]?.instrs.length ?? 0))
    for (const arm of arms) {
      const other = arm === yes ? no : yes
      const moves = f.blocks[arm]
      const rest = f.blocks[other]
      if (moves?.end.op !== 'jump' || rest === undefined || moves.end.to === other) continue
      // A jump is saved only where the other arm leads to the same block.
      if (rest.end.op !== 'jump' || rest.end.to !== moves.end.to) continue
      const { to } = moves.end
      const written = new Set(moves.instrs.flatMap((instr) => definedBy(instr) ?? []))
      const alive = liveIn(rest, outs[other] ?? NO_REGISTERS)
      const read = [a, b].some((operand) => 'reg' in operand && written.has(operand.reg))
      if (read || [...written].some((register) => alive.has(register))) continue
      const blocks: Block[] = [...f.blocks]
      blocks[at] = {
        ...block,
        instrs: [...block.instrs, ...moves.instrs],
        end: retarget(block.end, (one) => (one === arm ? to : one)),
      }
      blocks[arm] = { phis: [], instrs: [], end: { op: 'return', a: undefined } }
      return { ...f, blocks }
    }
  }
  return undefined
}
