import { type Block, type IrFunction, mapEnd, mapOperands, type Operand } from './ir.ts'

/** The same function with other operands in the place of registers. */
export function replaceRegisters(f: IrFunction, instead: ReadonlyMap<number, Operand>): IrFunction {
  if (instead.size === 0) return f
  const put = (operand: Operand): Operand => {
    let found = operand
    while ('reg' in found) {
      const next = instead.get(found.reg)
      if (next === undefined) break
      found = next
    }
    return found
  }
  return {
    ...f,
    blocks: f.blocks.map(
      (block): Block => ({
        phis: block.phis
          .filter((phi) => !instead.has(phi.dst))
          .map((phi) => ({ ...phi, from: new Map([...phi.from].map(([at, value]) => [at, put(value)])) })),
        instrs: block.instrs.map((instr) => mapOperands(instr, put)),
        end: mapEnd(block.end, put),
      }),
    ),
  }
}

/** Phis of blocks without the ways that are none any more. */
export function prunePhis(f: IrFunction, before: readonly (readonly number[])[]): IrFunction {
  return {
    ...f,
    blocks: f.blocks.map((block, at) => {
      const from = before[at] ?? []
      if (block.phis.every((phi) => phi.from.size === from.length)) return block
      return {
        ...block,
        phis: block.phis.map((phi) => ({ ...phi, from: new Map([...phi.from].filter(([one]) => from.includes(one))) })),
      }
    }),
  }
}
