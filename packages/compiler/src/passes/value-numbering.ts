import { dominators } from '../ir/graph.ts'
import {
  type Addressed,
  definedBy,
  type Instr,
  type IrFunction,
  type Operand,
  type Question,
  type Width,
} from '../ir/ir.ts'
import { replaceRegisters, standsFor } from '../ir/rewrite.ts'

/**
 * The same operation on the same values gives the same value: where one has been computed on every way to here, its
 * register is used again. Only of steps that neither read nor write memory. Needs SSA form, keeps it.
 */
export function numberValues(f: IrFunction): IrFunction {
  const { children } = dominators(f)
  const instead = new Map<number, Operand>()
  const keyOf = keys(f, instead)
  const blocks = [...f.blocks]
  const known = new Map<number, number>()
  const walk = (at: number): void => {
    const block = blocks[at]
    if (block === undefined) return
    const own: number[] = []
    const instrs = block.instrs.filter((instr) => {
      const dst = definedBy(instr)
      const key = dst === undefined ? undefined : keyOf(instr)
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

/** A number for each operation on its operands, the same for the same: texts would take long to put together. */
function keys(f: IrFunction, instead: ReadonlyMap<number, Operand>): (instr: Instr) => number | undefined {
  /** Operands are below this: each step has at most two numbers. */
  const limit = f.blocks.reduce((sum, { instrs }) => sum + 2 * instrs.length, f.registers)
  const numbers = new Map<bigint, number>()
  const operand = (one: Operand): number => {
    const found = standsFor(one, instead)
    return 'reg' in found ? found.reg : f.registers + numberOf(numbers, found.imm)
  }
  const texts = new Map<string, number>()
  const text = (one: string): number => 2 * CALCULATIONS.length + numberOf(texts, one)
  const key = (operation: number, a = 0, b = 0): number | undefined => {
    const made = (operation * limit + a) * limit + b
    return made <= Number.MAX_SAFE_INTEGER ? made : undefined
  }
  const calculation = (name: (typeof CALCULATIONS)[number], width: Width): number =>
    2 * CALCULATIONS.indexOf(name) + (width === 64 ? 1 : 0)
  return (instr) => {
    switch (instr.op) {
      case 'move':
      case 'negate':
        return key(calculation(instr.op, instr.width), operand(instr.a))
      case 'binary':
        return key(calculation(instr.fn, instr.width), operand(instr.a), operand(instr.b))
      case 'extend':
        return key(text(`extend ${instr.width} ${instr.bits}`), operand(instr.a))
      case 'question':
        return key(text(`question ${textOf(instr.ask)}`))
      case 'address':
        return key(text(`address ${textOf(instr.of)}`))
      case 'fieldAddress':
        return key(text(`fieldAddress ${instr.struct} ${instr.field}`), operand(instr.base))
      default:
        return undefined
    }
  }
}

const CALCULATIONS = [
  ...(['move', 'negate', 'add', 'sub', 'mul', 'div', 'mod', 'and', 'or', 'xor'] as const),
  ...(['lsh', 'rsh', 'arsh', 'sdiv', 'smod'] as const),
] as const

/** What something was counted as when it was first seen. */
function numberOf<T>(all: Map<T, number>, one: T): number {
  const known = all.get(one)
  if (known !== undefined) return known
  all.set(one, all.size)
  return all.size - 1
}

const textOf = (one: Question | Addressed): string => Object.values(one).join(' ')
