import { predecessors, reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, type Instr, type IrFunction, type Operand } from '../ir/ir.ts'

/** What is known of machine registers: that one holds what another does, or a number. */
type Known = ReadonlyMap<number, Operand>

/**
 * Moves of what is there already: `r3 = r1` where r3 was made a copy of r1 before and both are as they were. Known is what
 * holds at the ends of all blocks that lead here; a circle of blocks starts with nothing.
 */
export function removeRedundantCopies(f: IrFunction): IrFunction {
  const before = predecessors(f)
  const ends = new Map<number, Known>()
  const blocks: Block[] = [...f.blocks]
  for (const at of reversePostorder(f)) {
    const block = f.blocks[at]
    if (block === undefined) continue
    const known = new Map(meet((before[at] ?? []).map((from) => ends.get(from))))
    const instrs = block.instrs.filter((instr) => {
      if (instr.op === 'move' && isThere(instr, known)) return false
      step(instr, known)
      return true
    })
    blocks[at] = { ...block, instrs }
    ends.set(at, known)
  }
  return { ...f, blocks }
}

function meet(all: readonly (Known | undefined)[]): Known {
  const [first, ...others] = all
  if (first === undefined) return new Map()
  return new Map(
    [...first].filter(([register, value]) =>
      others.every((other) => {
        const found = other?.get(register)
        return found !== undefined && same(found, value)
      }),
    ),
  )
}

const same = (a: Operand, b: Operand): boolean =>
  'reg' in a ? 'reg' in b && a.reg === b.reg : 'imm' in b && a.imm === b.imm

const currentValue = (operand: Operand, known: Known): Operand =>
  'reg' in operand ? (known.get(operand.reg) ?? operand) : operand

function moved(instr: Extract<Instr, { op: 'move' }>): Operand | undefined {
  if ('imm' in instr.a) return { imm: BigInt.asUintN(instr.width, instr.a.imm) }
  return instr.width === 64 ? instr.a : undefined
}

function isThere(instr: Extract<Instr, { op: 'move' }>, known: Known): boolean {
  const value = moved(instr)
  return value !== undefined && same(currentValue(value, known), currentValue({ reg: instr.dst }, known))
}

/** r0 to r5 are lost in calls. */
const CLOBBERED = 6

function step(instr: Instr, known: Map<number, Operand>): void {
  const lost = new Set<number>()
  const dst = definedBy(instr)
  if (dst !== undefined) lost.add(dst)
  if (instr.op === 'call') for (let register = 0; register < CLOBBERED; register++) lost.add(register)
  const value = instr.op === 'move' ? moved(instr) : undefined
  const result = value === undefined ? undefined : currentValue(value, known)
  for (const [register, operand] of known)
    if (lost.has(register) || ('reg' in operand && lost.has(operand.reg))) known.delete(register)
  if (dst !== undefined && result !== undefined && !('reg' in result && lost.has(result.reg))) known.set(dst, result)
}
