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

/**
 * The same with registers kept on the stack, in one place, since they never hold different values at the same time: each use
 * loads it, each definition stores it, through registers of their own.
 */
export function spilled(
  f: IrFunction,
  registers: ReadonlySet<number>,
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
      const reads = usesOf(instr).some((register) => registers.has(register))
      const defined = definedBy(instr)
      const writes = defined !== undefined && registers.has(defined)
      if (!reads && !writes) {
        instrs.push(instr)
        continue
      }
      // A copy of what lies in the same place.
      if (instr.op === 'move' && instr.width === 64 && reads && writes) continue
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
      instrs.push(renamed(instr, registers, name))
      if (writes) instrs.push({ op: 'storeSpill', slot, a: { reg: name }, span })
    }
    if (!usesOfEnd(block.end).some((register) => registers.has(register))) return { ...block, instrs }
    const name = fresh()
    instrs.push({ op: 'loadSpill', dst: name, slot, span: block.instrs.at(-1)?.span ?? { start: 0, end: 0 } })
    return { ...block, instrs, end: mapEnd(block.end, (operand) => put(operand, registers, name)) }
  })
  return { f: { ...f, blocks, registers: f.registers + temporary.length }, temporary }
}

const put = (operand: Operand, from: ReadonlySet<number>, to: number): Operand =>
  'reg' in operand && from.has(operand.reg) ? { reg: to } : operand

function renamed(instr: Instr, from: ReadonlySet<number>, to: number): Instr {
  const next = mapOperands(instr, (operand) => put(operand, from, to))
  return 'dst' in next && next.dst !== undefined && from.has(next.dst) ? { ...next, dst: to } : next
}
