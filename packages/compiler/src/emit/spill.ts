import type { Block, Instr, IrFunction, Operand } from '../ir/ir.ts'
import { definedBy, usesOf, usesOfEnd } from '../ir/ir.ts'

/** The same with a register kept on the stack: each use loads it, each definition stores it, through registers of their own. */
export function spilled(
  f: IrFunction,
  register: number,
  slot: number,
): { readonly f: IrFunction; readonly temporary: readonly number[] } {
  const temporary: number[] = []
  const fresh = (): number => {
    temporary.push(f.registers + temporary.length)
    return f.registers + temporary.length - 1
  }
  const blocks = f.blocks.map((block): Block => {
    const instrs: Instr[] = []
    for (const instr of block.instrs) {
      const { span } = instr
      const reads = usesOf(instr).includes(register)
      const writes = definedBy(instr) === register
      if (!reads && !writes) {
        instrs.push(instr)
        continue
      }
      const name = fresh()
      if (reads) instrs.push({ op: 'loadStack', dst: name, slot, span })
      instrs.push(renamed(instr, register, name))
      if (writes) instrs.push({ op: 'storeStack', slot, a: { reg: name }, span })
    }
    if (!usesOfEnd(block.end).includes(register)) return { instrs, end: block.end }
    const name = fresh()
    instrs.push({ op: 'loadStack', dst: name, slot, span: block.instrs.at(-1)?.span ?? { start: 0, end: 0 } })
    const { end } = block
    const put = (operand: Operand): Operand => ('reg' in operand && operand.reg === register ? { reg: name } : operand)
    if (end.op === 'branch') return { instrs, end: { ...end, a: put(end.a), b: put(end.b) } }
    return { instrs, end: end.op === 'return' && end.a !== undefined ? { ...end, a: put(end.a) } : end }
  })
  return { f: { ...f, blocks, registers: f.registers + temporary.length }, temporary }
}

function renamed(instr: Instr, from: number, to: number): Instr {
  const put = (operand: Operand): Operand => ('reg' in operand && operand.reg === from ? { reg: to } : operand)
  return {
    ...instr,
    ...('dst' in instr && instr.dst === from ? { dst: to } : {}),
    ...('base' in instr && instr.base === from ? { base: to } : {}),
    ...('a' in instr ? { a: put(instr.a) } : {}),
    ...(instr.op === 'binary' ? { b: put(instr.b) } : {}),
    ...(instr.op === 'helper' ? { args: instr.args.map(put) } : {}),
  }
}
