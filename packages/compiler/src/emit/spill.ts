import {
  definedBy,
  type Instr,
  type IrFunction,
  mapEnd,
  mapOperands,
  type Operand,
  usesOf,
  usesOfEnd,
} from '../ir/ir.ts'

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
  const blocks = f.blocks.map((block) => {
    const instrs: Instr[] = []
    for (const instr of block.instrs) {
      const { span } = instr
      const reads = usesOf(instr).includes(register)
      const writes = definedBy(instr) === register
      if (!reads && !writes) {
        instrs.push(instr)
        continue
      }
      // A copy from or to the stack needs no register in between.
      if (instr.op === 'move' && instr.width === 64 && writes && !reads && 'reg' in instr.a) {
        instrs.push({ op: 'storeSpill', slot, a: instr.a, span })
        continue
      }
      if (instr.op === 'move' && instr.width === 64 && reads && !writes) {
        instrs.push({ op: 'loadSpill', dst: instr.dst, slot, span })
        continue
      }
      const name = fresh()
      if (reads) instrs.push({ op: 'loadSpill', dst: name, slot, span })
      instrs.push(renamed(instr, register, name))
      if (writes) instrs.push({ op: 'storeSpill', slot, a: { reg: name }, span })
    }
    if (!usesOfEnd(block.end).includes(register)) return { ...block, instrs }
    const name = fresh()
    instrs.push({ op: 'loadSpill', dst: name, slot, span: block.instrs.at(-1)?.span ?? { start: 0, end: 0 } })
    return { ...block, instrs, end: mapEnd(block.end, (operand) => put(operand, register, name)) }
  })
  return { f: { ...f, blocks, registers: f.registers + temporary.length }, temporary }
}

const put = (operand: Operand, from: number, to: number): Operand =>
  'reg' in operand && operand.reg === from ? { reg: to } : operand

function renamed(instr: Instr, from: number, to: number): Instr {
  const next = mapOperands(instr, (operand) => put(operand, from, to))
  return 'dst' in next && next.dst === from ? { ...next, dst: to } : next
}
