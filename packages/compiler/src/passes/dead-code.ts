import { reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, hasEffect, type IrFunction, regOf, usesOf, usesOfEnd } from '../ir/ir.ts'

/**
 * Steps and phis whose results nobody needs. What has an effect is needed, and so is what something needed reads; all else
 * goes, also what only reads itself around a loop. Needs SSA form, keeps it.
 */
export function removeDead(f: IrFunction): IrFunction {
  const reads = new Map<number, readonly number[]>()
  const needed = new Set<number>()
  const work: number[] = []
  const need = (registers: readonly number[]): void => {
    for (const register of registers)
      if (!needed.has(register)) {
        needed.add(register)
        work.push(register)
      }
  }
  const reached = new Set(reversePostorder(f))
  for (const [at, block] of f.blocks.entries()) {
    if (!reached.has(at)) continue
    for (const phi of block.phis)
      reads.set(
        phi.dst,
        [...phi.from.values()].flatMap((value) => regOf(value) ?? []),
      )
    for (const instr of block.instrs) {
      const dst = definedBy(instr)
      if (dst !== undefined) reads.set(dst, usesOf(instr))
      if (hasEffect(instr)) need(usesOf(instr))
    }
    need(usesOfEnd(block.end))
  }
  for (let register = work.pop(); register !== undefined; register = work.pop()) need(reads.get(register) ?? [])
  let changed = false
  const blocks = f.blocks.map((block, at): Block => {
    if (!reached.has(at)) {
      if (block.instrs.length > 0 || block.phis.length > 0 || block.end.op !== 'return') changed = true
      return EMPTY
    }
    const phis = block.phis.filter((phi) => needed.has(phi.dst))
    let same = phis.length === block.phis.length
    const instrs = block.instrs.flatMap((instr) => {
      const dst = definedBy(instr)
      if (dst === undefined || needed.has(dst)) return [instr]
      same = false
      if (!hasEffect(instr)) return []
      return [instr.op === 'call' ? { ...instr, dst: undefined } : instr]
    })
    if (same) return block
    changed = true
    return { ...block, phis, instrs }
  })
  return changed ? { ...f, blocks } : f
}

const EMPTY: Block = { phis: [], instrs: [], end: { op: 'return', a: undefined } }
