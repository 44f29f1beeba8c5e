import { reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, hasEffect, type Instr, type IrFunction, type Phi, usesOf, usesOfEnd } from '../ir/ir.ts'
import { callStep } from '../ir/layout.ts'

/**
 * Steps and phis whose results nobody needs. What has an effect is needed, and so is what something needed reads; all else
 * goes, also what only reads itself around a loop. Needs SSA form, keeps it.
 */
export function removeDead(f: IrFunction): IrFunction {
  const definitions: (Instr | Phi | undefined)[] = new Array(f.registers)
  const needed = new Uint8Array(f.registers)
  const work: number[] = []
  const need = (register: number): void => {
    if (needed[register] === 1) return
    needed[register] = 1
    work.push(register)
  }
  const needAll = (registers: readonly number[]): void => {
    for (const register of registers) need(register)
  }
  const order = reversePostorder(f)
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined) continue
    for (const phi of block.phis) definitions[phi.dst] = phi
    for (const instr of block.instrs) {
      const dst = definedBy(instr)
      if (dst !== undefined) definitions[dst] = instr
      if (hasEffect(instr)) needAll(usesOf(instr))
    }
    needAll(usesOfEnd(block.end))
  }
  for (let register = work.pop(); register !== undefined; register = work.pop()) {
    const definition = definitions[register]
    if (definition === undefined) continue
    if ('op' in definition) needAll(usesOf(definition))
    else for (const value of definition.from.values()) if ('reg' in value) need(value.reg)
  }
  let blocks: Block[] | undefined
  const put = (at: number, block: Block): void => {
    blocks ??= [...f.blocks]
    blocks[at] = block
  }
  const isDead = (instr: Instr): boolean => {
    const dst = definedBy(instr)
    return dst !== undefined && needed[dst] !== 1
  }
  const reached = new Uint8Array(f.blocks.length)
  for (const at of order) {
    reached[at] = 1
    const block = f.blocks[at]
    if (block === undefined) continue
    const { phis, instrs, end } = block
    if (phis.every(({ dst }) => needed[dst] === 1) && !instrs.some(isDead)) continue
    const left: Instr[] = []
    for (const instr of instrs)
      if (!isDead(instr)) left.push(instr)
      else if (hasEffect(instr))
        left.push(instr.op === 'call' ? callStep(undefined, instr.callee, instr.args, instr.span) : instr)
    put(at, { phis: phis.filter(({ dst }) => needed[dst] === 1), instrs: left, end })
  }
  for (const [at, { phis, instrs, end }] of f.blocks.entries())
    if (reached[at] === 0 && (instrs.length > 0 || phis.length > 0 || end.op !== 'return')) put(at, EMPTY)
  return blocks === undefined ? f : { ...f, blocks }
}

const EMPTY: Block = { phis: [], instrs: [], end: { op: 'return', a: undefined } }
