import type { Block, Instr, IrFunction } from '../ir/ir.ts'

/** Bytes of an element of `icsk_ca_priv`: it is an array of u64 on every kernel. */
export const PRIVATE_ELEMENT = 8

/**
 * Private state by a pointer to it, where it is used between the elements of `icsk_ca_priv`: no relocation that every loader
 * knows reaches there. tscc's own linker puts the two together again. Needs SSA form, keeps it; accesses can be told apart
 * less well after it, so it comes last.
 */
export function placePrivate(f: IrFunction): IrFunction {
  const between = new Set<number>()
  for (const { instrs } of f.blocks)
    for (const instr of instrs)
      if ('place' in instr && instr.place.kind === 'private' && instr.place.offset % PRIVATE_ELEMENT !== 0)
        if ('reg' in instr.base) between.add(instr.base.reg)
  if (between.size === 0) return f
  let registers = f.registers
  const areas = new Map([...between].map((base) => [base, registers++]))
  const area = (base: number, span: Instr['span']): readonly Instr[] => {
    const dst = areas.get(base)
    return dst === undefined
      ? []
      : [{ op: 'fieldAddress', dst, base: { reg: base }, struct: 'tcp_sock', field: 'icsk_ca_priv', span }]
  }
  const blocks = f.blocks.map((block): Block => {
    const start = block.instrs[0]?.span ?? { start: 0, end: 0 }
    const instrs: Instr[] = block.phis.flatMap((phi) => area(phi.dst, start))
    for (const instr of block.instrs) {
      const moved = 'place' in instr && instr.place.kind === 'private' && 'reg' in instr.base
      const dst = moved && 'reg' in instr.base ? areas.get(instr.base.reg) : undefined
      if (moved && dst !== undefined && instr.place.kind === 'private')
        instrs.push({
          ...instr,
          base: { reg: dst },
          place: { kind: 'memory', region: 'private', offset: instr.place.offset },
        })
      else instrs.push(instr)
      if ('dst' in instr && instr.dst !== undefined) instrs.push(...area(instr.dst, instr.span))
    }
    return { ...block, instrs }
  })
  return { ...f, registers, blocks }
}
