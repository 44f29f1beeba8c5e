import type { AsmItem, TargetedInsn } from './insn.ts'
import { insnErrors } from './insn-errors.ts'
import { type Cpu, type IsaFeature, type IsaRow, isaTable } from './isa-table.ts'
import type { Fields } from './operand-codec.ts'

/** The properties that select a row, by kind: those that every row of the kind fixes. */
const selectors: ReadonlyMap<string, readonly string[]> = new Map(
  isaTable.map((row) => [row.insn.kind, Object.keys(row.insn)]),
)
const isImmediate = (row: IsaRow): boolean => typeof row.wire.imm === 'object' && row.wire.imm.prop === 'src'
const rows: ReadonlyMap<string, IsaRow> = new Map(
  isaTable.map((row) => [`${Object.values(row.insn).join(' ')}${isImmediate(row) ? ' #' : ''}`, row]),
)

/** Rows found before: an instruction is built, placed and encoded as the same object. */
const known = new WeakMap<TargetedInsn, IsaRow>()

/** The table row that encodes this instruction; `insn/unknown-insn` for data that no constructor makes. */
export function rowOf(insn: TargetedInsn, index?: number): IsaRow {
  const before = known.get(insn)
  if (before !== undefined) return before
  const fields: Fields = insn
  const props = selectors.get(insn.kind)
  const key = `${(props ?? ['kind']).map((prop) => String(fields[prop])).join(' ')}${typeof fields.src === 'number' ? ' #' : ''}`
  const row = rows.get(key)
  if (row === undefined) throw insnErrors.make('unknown-insn', { index, found: key })
  known.set(insn, row)
  return row
}

/** Slots of 8 bytes: 2 for the 64-bit immediate loads, 1 for the rest, 0 for a label. */
export function insnSlots(item: AsmItem): 0 | 1 | 2 {
  if (item.kind === 'label') return 0
  return item.kind === 'ldImm64' ? 2 : 1
}

/** The lowest cpu level that has the instruction. */
export function cpuOf(insn: TargetedInsn): Cpu {
  return rowOf(insn).cpu
}

/** The named feature that an instruction newer than cpu v4 needs. */
export function featureOf(insn: TargetedInsn): IsaFeature | undefined {
  return rowOf(insn).feature
}
