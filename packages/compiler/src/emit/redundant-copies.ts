import { predecessors, reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, type Instr, type IrFunction, type Operand, sameOperand } from '../ir/ir.ts'

/** What is known of each machine register: that it holds what another does, or a number. */
type Known = (Operand | undefined)[]

/**
 * Moves of what is there already: `r3 = r1` where r3 was made a copy of r1 before and both are as they were. Known is what
 * holds at the ends of all blocks that lead here; a circle of blocks starts with nothing.
 */
export function removeRedundantCopies(f: IrFunction): IrFunction {
  const before = predecessors(f)
  const ends: (Known | undefined)[] = f.blocks.map(() => undefined)
  const blocks: Block[] = [...f.blocks]
  for (const at of reversePostorder(f)) {
    const block = f.blocks[at]
    if (block === undefined) continue
    const known = meet((before[at] ?? []).map((from) => ends[from]))
    const instrs = block.instrs.filter((instr) => {
      if (instr.op === 'move' && isThere(instr, known)) return false
      step(instr, known)
      return true
    })
    blocks[at] = { phis: block.phis, instrs, end: block.end }
    ends[at] = known
  }
  return { ...f, blocks }
}

/** Its own list, to be gone on with. */
function meet(all: readonly (Known | undefined)[]): Known {
  const found = all[0]?.slice() ?? []
  for (let register = 0; register < found.length; register++) {
    const value = found[register]
    if (value === undefined) continue
    for (let i = 1; i < all.length; i++) {
      const other = all[i]?.[register]
      if (other === undefined || !sameOperand(other, value)) found[register] = undefined
    }
  }
  return found
}

const currentValue = (operand: Operand, known: Known): Operand =>
  'reg' in operand ? (known[operand.reg] ?? operand) : operand

function moved(instr: Extract<Instr, { op: 'move' }>): Operand | undefined {
  if ('imm' in instr.a) return { imm: BigInt.asUintN(instr.width, instr.a.imm) }
  return instr.width === 64 ? instr.a : undefined
}

function isThere(instr: Extract<Instr, { op: 'move' }>, known: Known): boolean {
  const value = moved(instr)
  return value !== undefined && sameOperand(currentValue(value, known), currentValue({ reg: instr.dst }, known))
}

/** r0 to r5 are lost in calls, as bits. */
const CLOBBERED = 0b11_1111

function step(instr: Instr, known: Known): void {
  /** As bits. */
  let lost = instr.op === 'call' ? CLOBBERED : 0
  const dst = definedBy(instr)
  if (dst !== undefined) lost |= 1 << dst
  if (lost === 0) return
  const value = instr.op === 'move' ? moved(instr) : undefined
  const result = value === undefined ? undefined : currentValue(value, known)
  const isLost = (register: number): boolean => (lost & (1 << register)) !== 0
  for (let register = 0; register < known.length; register++) {
    const operand = known[register]
    if (operand !== undefined && (isLost(register) || ('reg' in operand && isLost(operand.reg))))
      known[register] = undefined
  }
  if (dst === undefined || result === undefined || ('reg' in result && isLost(result.reg))) return
  while (known.length <= dst) known.push(undefined)
  known[dst] = result
}
