import { NOWHERE } from '../diagnostics.ts'
import { type Block, definedBy, type Instr, type IrFunction, type MemoryAccess, type Place } from '../ir/ir.ts'
import { accessLike, laidOut } from '../ir/layout.ts'

/** Bytes of an element of `icsk_ca_priv`: it is an array of u64 on every kernel. */
export const PRIVATE_ELEMENT = 8

type PrivateAccess = MemoryAccess & { readonly place: Extract<Place, { kind: 'private' }> }

const isPrivate = (instr: Instr): instr is PrivateAccess =>
  (instr.op === 'load' || instr.op === 'store' || instr.op === 'atomicAdd') && instr.place.kind === 'private'

/**
 * Private state by a pointer to it, where it is used between the elements of `icsk_ca_priv`: no relocation that every loader
 * knows reaches there. tscc's own linker puts the two together again. Needs SSA form, keeps it; accesses can be told apart
 * less well after it, so it comes last.
 */
export function placePrivate(f: IrFunction): IrFunction {
  const between = new Set<number>()
  for (const { instrs } of f.blocks)
    for (const instr of instrs)
      if (isPrivate(instr) && instr.place.offset % PRIVATE_ELEMENT !== 0)
        if ('reg' in instr.base) between.add(instr.base.reg)
  if (between.size === 0) return f
  let registers = f.registers
  const areas = new Map([...between].map((base) => [base, registers++]))
  const area = (base: number, span: Instr['span']): readonly Instr[] => {
    const dst = areas.get(base)
    return dst === undefined
      ? []
      : [laidOut({ op: 'fieldAddress', dst, base: { reg: base }, struct: 'tcp_sock', field: 'icsk_ca_priv' }, span)]
  }
  const blocks = f.blocks.map((block): Block => {
    const start = block.instrs[0]?.span ?? NOWHERE
    const instrs: Instr[] = block.phis.flatMap((phi) => area(phi.dst, start))
    for (const instr of block.instrs) {
      const base = isPrivate(instr) && 'reg' in instr.base ? areas.get(instr.base.reg) : undefined
      if (base !== undefined && isPrivate(instr))
        instrs.push(accessLike(instr, { reg: base }, { kind: 'memory', region: 'private', offset: instr.place.offset }))
      else instrs.push(instr)
      const dst = definedBy(instr)
      if (dst !== undefined) instrs.push(...area(dst, instr.span))
    }
    return { phis: block.phis, instrs, end: block.end }
  })
  return { ...f, registers, blocks }
}
