import { NOWHERE, type Span } from '../diagnostics.ts'
import { definedBy, type Instr, type IrFunction, type Operand, usesOf, usesOfEnd } from '../ir/ir.ts'
import { laidOut, mapEnd, mapOperands, withDst } from '../ir/layout.ts'

/**
 * The same with registers kept on the stack, by the place of each; those of one place never hold different values at the
 * same time. Each use loads it, each definition stores it, through registers of their own.
 */
export function spilled(
  f: IrFunction,
  places: ReadonlyMap<number, number>,
): { readonly f: IrFunction; readonly temporary: readonly number[] } {
  const temporary: number[] = []
  const isKept = new Uint8Array(f.registers)
  for (const register of places.keys()) isKept[register] = 1
  const fresh = (): number => {
    temporary.push(f.registers + temporary.length)
    return f.registers + temporary.length - 1
  }
  const blocks = f.blocks.map((block) => {
    let instrs: Instr[] | undefined
    /** By place: the register that stands for it in the step that is looked at. */
    const names = new Map<number, number>()
    const nameOf = (register: number): number => {
      const slot = places.get(register)
      if (slot === undefined) return register
      const name = names.get(slot) ?? fresh()
      names.set(slot, name)
      return name
    }
    const put = (operand: Operand): Operand =>
      'reg' in operand && isKept[operand.reg] === 1 ? { reg: nameOf(operand.reg) } : operand
    for (const [i, instr] of block.instrs.entries()) {
      const defined = definedBy(instr)
      const writes = defined !== undefined && isKept[defined] === 1
      const read = usesOf(instr)
      if (!writes && !read.some((register) => isKept[register] === 1)) {
        instrs?.push(instr)
        continue
      }
      instrs ??= block.instrs.slice(0, i)
      names.clear()
      const { span } = instr
      if (instr.op === 'move' && instr.width === 64 && 'reg' in instr.a) {
        const [from, to] = [places.get(instr.a.reg), places.get(instr.dst)]
        // A copy from or to the stack needs no register in between; one of what lies in the same place is none.
        if (from === undefined && to !== undefined) instrs.push(storeSpill(to, instr.a, span))
        if (from !== undefined && to === undefined) instrs.push(loadSpill(instr.dst, from, span))
        if (from === undefined || to === undefined || from === to) {
          continue
        }
        const dst = fresh()
        instrs.push(loadSpill(dst, from, span), storeSpill(to, { reg: dst }, span))
        continue
      }
      const next = mapOperands(instr, put)
      for (const [slot, dst] of names) instrs.push(loadSpill(dst, slot, span))
      if (defined === undefined || !writes) {
        instrs.push(next)
        continue
      }
      const dst = nameOf(defined)
      instrs.push(withDst(next, dst), storeSpill(places.get(defined) ?? 0, { reg: dst }, span))
    }
    if (!usesOfEnd(block.end).some((register) => isKept[register] === 1))
      return instrs === undefined ? block : { phis: block.phis, instrs, end: block.end }
    instrs ??= [...block.instrs]
    names.clear()
    const end = mapEnd(block.end, put)
    const span = block.instrs.at(-1)?.span ?? NOWHERE
    for (const [slot, dst] of names) instrs.push(loadSpill(dst, slot, span))
    return { phis: block.phis, instrs, end }
  })
  return { f: { ...f, blocks, registers: f.registers + temporary.length }, temporary }
}

const loadSpill = (dst: number, slot: number, span: Span): Instr => laidOut({ op: 'loadSpill', dst, slot }, span)
const storeSpill = (slot: number, a: Operand, span: Span): Instr => laidOut({ op: 'storeSpill', slot, a }, span)
