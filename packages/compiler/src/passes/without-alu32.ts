import type { Block, Instr, IrFunction, Operand } from '../ir/ir.ts'
import { binaryStep, laidOut, moveStep } from '../ir/layout.ts'

type Binary = Extract<Instr, { op: 'binary' }>

const HALF: Operand = { imm: 32n }

/**
 * Before cpu v3 there are no operations on 32 bits: those on 64 take their place, and zeros are put above what they leave
 * there. Operands have zeros above, so that only what carries or shifts upwards has to be cut. Outside of SSA form.
 */
export function withoutAlu32(f: IrFunction): IrFunction {
  let registers = f.registers
  const rewrite = (instr: Instr, instrs: Instr[]): void => {
    const { span } = instr
    const step = (fn: Binary['fn'], dst: number, a: Operand, b: Operand): Operand => {
      instrs.push(binaryStep(fn, 64, dst, a, b, span))
      return { reg: dst }
    }
    const fresh = (): number => registers++
    const cut = (dst: number, a: Operand): void => {
      step('rsh', dst, step('lsh', fresh(), a, HALF), HALF)
    }
    const unsigned = (operand: Operand): Operand =>
      'imm' in operand ? { imm: BigInt.asUintN(32, operand.imm) } : operand
    const signed = (operand: Operand): Operand => ('imm' in operand ? { imm: BigInt.asIntN(32, operand.imm) } : operand)
    if (instr.op === 'move' && instr.width === 32) {
      if ('imm' in instr.a) instrs.push(moveStep(64, instr.dst, unsigned(instr.a), span))
      else cut(instr.dst, instr.a)
      return
    }
    if (instr.op === 'negate' && instr.width === 32) {
      const dst = fresh()
      instrs.push(laidOut({ ...instr, width: 64, dst }, span))
      cut(instr.dst, { reg: dst })
      return
    }
    if (instr.op !== 'binary' || instr.width === 64) {
      instrs.push(instr)
      return
    }
    const { fn, dst, a, b } = instr
    // Only five bits of how far count.
    const by = (): Operand => ('imm' in b ? { imm: b.imm & 31n } : step('and', fresh(), b, { imm: 31n }))
    switch (fn) {
      case 'add':
      case 'sub':
      case 'mul':
        cut(dst, step(fn, fresh(), unsigned(a), signed(b)))
        return
      case 'lsh':
        cut(dst, step('lsh', fresh(), unsigned(a), by()))
        return
      case 'rsh':
        step('rsh', dst, unsigned(a), by())
        return
      case 'arsh': {
        const top = step('lsh', fresh(), unsigned(a), HALF)
        const down = step('arsh', fresh(), step('arsh', fresh(), top, HALF), by())
        cut(dst, down)
        return
      }
      default:
        step(fn, dst, unsigned(a), unsigned(b))
    }
  }
  const blocks = f.blocks.map((block): Block => {
    const instrs: Instr[] = []
    for (const instr of block.instrs) rewrite(instr, instrs)
    return { phis: block.phis, instrs, end: block.end }
  })
  return { ...f, blocks, registers }
}
