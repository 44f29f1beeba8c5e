import { definedBy, type Instr, type IrFunction } from '../ir/ir.ts'
import { extendStep } from '../ir/layout.ts'

/**
 * On cpu v4, a sign that is copied upwards by a shift up and one down is copied by one instruction. Needs SSA form, keeps it;
 * the shift up stays for who else uses it.
 */
export function extendSigns(f: IrFunction): IrFunction {
  const definitions = new Map<number, Instr>()
  for (const { instrs } of f.blocks)
    for (const instr of instrs) {
      const dst = definedBy(instr)
      if (dst !== undefined) definitions.set(dst, instr)
    }
  return {
    ...f,
    blocks: f.blocks.map(({ phis, instrs, end }) => ({
      phis,
      instrs: instrs.map((instr): Instr => {
        if (instr.op !== 'binary' || instr.fn !== 'arsh' || !('imm' in instr.b) || !('reg' in instr.a)) return instr
        const up = definitions.get(instr.a.reg)
        const { width, dst, span } = instr
        if (up?.op !== 'binary' || up.fn !== 'lsh' || up.width !== width) return instr
        if (!('imm' in up.b) || up.b.imm !== instr.b.imm) return instr
        const bits = width - Number(instr.b.imm)
        const known = bits === 8 || bits === 16 || (bits === 32 && width === 64)
        return known ? extendStep(bits, width, dst, up.a, span) : instr
      }),
      end,
    })),
  }
}
