import {
  type Block,
  BYTES,
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
 * Values are taken before they were cut, where everything that reads them looks at no more than what the cut left: a store of
 * 16 bits does not need `x & 0xffff`, an addition of 32 bits not the low half of x in a register of its own.
 *
 * A cut goes for all or for none: what the verifier learns of one register in a comparison it does not know of the other. It
 * comes after all that wants to know what is in a register. Needs SSA form, keeps it.
 */
export function dropCuts(f: IrFunction): IrFunction {
  const cuts = new Map<number, Cut>()
  for (const block of f.blocks)
    for (const instr of block.instrs) {
      const dst = definedBy(instr)
      const cut = cutOf(instr)
      if (dst !== undefined && cut !== undefined) cuts.set(dst, cut)
    }
  const keep = (register: number): void => void cuts.delete(register)
  const look = (registers: readonly number[], bits: number): void => {
    for (const register of registers) if ((cuts.get(register)?.bits ?? 0) < bits) keep(register)
  }
  for (const { phis, instrs, end } of f.blocks) {
    for (const phi of phis) for (const value of phi.from.values()) if ('reg' in value) keep(value.reg)
    for (const instr of instrs) {
      if (instr.op === 'store' && 'reg' in instr.base) keep(instr.base.reg)
      if (instr.op === 'store') look(usesOf(instr), 8 * BYTES[instr.size])
      else look(usesOf(instr), instr.op === 'binary' ? instr.width : 64)
    }
    look(usesOfEnd(end), end.op === 'branch' && end.guard !== true ? end.width : 64)
  }
  if (cuts.size === 0) return f
  const put = (operand: Operand): Operand => {
    const cut = 'reg' in operand ? cuts.get(operand.reg) : undefined
    return cut === undefined ? operand : put(cut.of)
  }
  const blocks = f.blocks.map(
    (block): Block => ({
      ...block,
      instrs: block.instrs.map((instr) => mapOperands(instr, put)),
      end: mapEnd(block.end, put),
    }),
  )
  return { ...f, blocks }
}

/** A value of which only so many low bits are left. */
interface Cut {
  readonly of: Operand
  readonly bits: number
}

function cutOf(instr: Instr): Cut | undefined {
  if (instr.op === 'move' && instr.width === 32 && 'reg' in instr.a) return { of: instr.a, bits: 32 }
  if (instr.op !== 'binary' || instr.fn !== 'and' || !('reg' in instr.a) || !('imm' in instr.b)) return undefined
  const kept = BigInt.asUintN(instr.width, instr.b.imm)
  const bits = [32, 16, 8].find((one) => kept === (1n << BigInt(one)) - 1n)
  return bits === undefined ? undefined : { of: instr.a, bits }
}
