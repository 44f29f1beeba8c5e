import type { Block, Instr, IrFunction, Operand, Terminator, Width } from '../ir/ir.ts'

/**
 * Operands as instructions take them: the left one of an operation in its result's register, numbers of more than 32 bits in
 * registers.
 */
export function legalize(f: IrFunction): IrFunction {
  let registers = f.registers
  const blocks = f.blocks.map((block): Block => {
    const instrs: Instr[] = []
    const inRegister = (operand: Operand, width: Width, span: Instr['span']): Operand => {
      if ('reg' in operand || fits(operand.imm, width)) return operand
      const dst = registers++
      instrs.push({ op: 'move', width: 64, dst, a: operand, span })
      return { reg: dst }
    }
    for (const instr of block.instrs) {
      const { span } = instr
      if (instr.op === 'binary') {
        const b = inRegister(instr.b, instr.width, span)
        const clash = 'reg' in b && b.reg === instr.dst && !('reg' in instr.a && instr.a.reg === instr.dst)
        const right: Operand = clash ? { reg: registers++ } : b
        if (clash && 'reg' in right) instrs.push({ op: 'move', width: 64, dst: right.reg, a: b, span })
        if (!('reg' in instr.a && instr.a.reg === instr.dst))
          instrs.push({ op: 'move', width: 'imm' in instr.a ? instr.width : 64, dst: instr.dst, a: instr.a, span })
        instrs.push({ ...instr, a: { reg: instr.dst }, b: right })
      } else if (instr.op === 'negate') {
        if (!('reg' in instr.a && instr.a.reg === instr.dst))
          instrs.push({ op: 'move', width: 64, dst: instr.dst, a: instr.a, span })
        instrs.push({ ...instr, a: { reg: instr.dst } })
      } else if (instr.op === 'storeField' || instr.op === 'storePrivate')
        instrs.push({
          ...instr,
          a: inRegister(instr.a, instr.op === 'storePrivate' && instr.size !== 'u64' ? 32 : 64, span),
        })
      else instrs.push(instr)
    }
    const { end } = block
    const span = instrs.at(-1)?.span ?? { start: 0, end: 0 }
    const legal: Terminator =
      end.op === 'branch'
        ? { ...end, a: 'imm' in end.a ? moved(end.a) : end.a, b: inRegister(end.b, end.width, span) }
        : end
    function moved(operand: Operand): Operand {
      const dst = registers++
      instrs.push({ op: 'move', width: 64, dst, a: operand, span })
      return { reg: dst }
    }
    return { instrs, end: legal }
  })
  return { ...f, blocks, registers }
}

/** As an immediate: any 32 bits for 32-bit operations, and what their sign extends to for 64-bit ones. */
const fits = (value: bigint, width: Width): boolean =>
  width === 32 ? BigInt.asIntN(33, value) === value : BigInt.asIntN(32, value) === value
