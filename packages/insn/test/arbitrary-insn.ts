import { type Insn, type IsaRow, isaTable, type Operand } from '@tscc/insn'
import fc from 'fast-check'

const edges = (min: number, max: number) =>
  fc.oneof(
    fc.integer({ min, max }),
    fc.constantFrom(min, -1, 0, 1, max).filter((value) => value >= min),
  )

function operandArbitrary(type: Operand['type']): fc.Arbitrary<string | number | bigint> {
  switch (type) {
    case 'register':
      return fc.integer({ min: 0, max: 10 }).map((n) => `r${n}`)
    case 'writable':
      return fc.integer({ min: 0, max: 9 }).map((n) => `r${n}`)
    case 's16':
      return edges(-0x8000, 0x7fff)
    case 'u32':
      return edges(0, 0xffff_ffff)
    case 'lo64':
    case 'hi64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    default:
      return edges(-0x8000_0000, 0x7fff_ffff)
  }
}

/** Any instruction of one table row, in canonical form. */
export function insnOfRow(row: IsaRow): fc.Arbitrary<Insn> {
  const fields: Record<string, fc.Arbitrary<string | number | bigint>> = {}
  for (const [key, value] of Object.entries(row.insn)) fields[key] = fc.constant(value)
  for (const field of Object.values(row.wire))
    if (typeof field === 'object') fields[field.prop] = operandArbitrary(field.type)
  return fc.record(fields) as fc.Arbitrary<unknown> as fc.Arbitrary<Insn> // the row says which properties there are
}

/** Any instruction at all, every row as likely. */
export const anyInsn: fc.Arbitrary<Insn> = fc.oneof(...isaTable.map(insnOfRow))
