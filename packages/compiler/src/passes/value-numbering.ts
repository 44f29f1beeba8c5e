import { dominators } from '../ir/graph.ts'
import { type Addressed, definedBy, type Instr, type IrFunction, type Operand, type Question } from '../ir/ir.ts'
import { replaceRegisters, standsFor } from '../ir/rewrite.ts'

/**
 * The same operation on the same values gives the same value: where one has been computed on every way to here, its
 * register is used again. Only of steps that neither read nor write memory. Needs SSA form, keeps it.
 */
export function numberValues(f: IrFunction): IrFunction {
  const { children } = dominators(f)
  const instead = new Map<number, Operand>()
  const put = (operand: Operand): string => {
    const found = standsFor(operand, instead)
    return 'reg' in found ? `r${found.reg}` : `${found.imm}`
  }
  const blocks = [...f.blocks]
  const known = new Map<string, number>()
  const walk = (at: number): void => {
    const block = blocks[at]
    if (block === undefined) return
    const own: string[] = []
    const instrs = block.instrs.filter((instr) => {
      const dst = definedBy(instr)
      const key = dst === undefined ? undefined : keyOf(instr, put)
      if (key === undefined || dst === undefined) return true
      const found = known.get(key)
      if (found === undefined) {
        known.set(key, dst)
        own.push(key)
        return true
      }
      instead.set(dst, { reg: found })
      return false
    })
    if (instrs.length < block.instrs.length) blocks[at] = { phis: block.phis, instrs, end: block.end }
    for (const child of children[at] ?? []) walk(child)
    // What was computed here is not there on other ways.
    for (const key of own) known.delete(key)
  }
  walk(0)
  return instead.size === 0 ? f : replaceRegisters({ ...f, blocks }, instead)
}

function keyOf(instr: Instr, put: (operand: Operand) => string): string | undefined {
  switch (instr.op) {
    case 'move':
      return `move ${instr.width} ${put(instr.a)}`
    case 'extend':
      return `extend ${instr.width} ${instr.bits} ${put(instr.a)}`
    case 'negate':
      return `negate ${instr.width} ${put(instr.a)}`
    case 'binary':
      return `${instr.fn} ${instr.width} ${put(instr.a)} ${put(instr.b)}`
    case 'question':
      return `question ${textOf(instr.ask)}`
    case 'address':
      return `address ${textOf(instr.of)}`
    case 'fieldAddress':
      return `fieldAddress ${put(instr.base)} ${instr.struct} ${instr.field}`
    default:
      return undefined
  }
}

const textOf = (one: Question | Addressed): string => Object.values(one).join(' ')
