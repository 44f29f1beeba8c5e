import type { AsmItem, TargetedInsn } from './insn.ts'
import { insnErrors } from './insn-errors.ts'
import { type Cpu, type IsaFeature, type IsaRow, isaTable } from './isa-table.ts'
import type { Fields, FieldValue } from './operand-codec.ts'

/** The properties that select a row, by kind: those that every row of the kind fixes. */
const selectors: ReadonlyMap<string, readonly string[]> = new Map(
  isaTable.map((row) => [row.insn.kind, Object.keys(row.insn)]),
)
const isImmediate = (row: IsaRow): boolean => typeof row.wire.imm === 'object' && row.wire.imm.prop === 'src'
const rows: ReadonlyMap<string, IsaRow> = new Map(
  isaTable.map((row) => [`${Object.values(row.insn).join(' ')}${isImmediate(row) ? ' #' : ''}`, row]),
)

/** The same rows as a tree: at each branch a property of the instruction decides, and where none does, its source. */
interface Branch {
  prop: string | undefined
  readonly next: Map<FieldValue | undefined, Branch>
  row: IsaRow | undefined
  /** The one whose source is a number. */
  immediate: IsaRow | undefined
}
const tree: Branch = grow()

function grow(): Branch {
  const fresh = (): Branch => ({ prop: undefined, next: new Map(), row: undefined, immediate: undefined })
  const root = fresh()
  for (const row of isaTable) {
    let at = root
    for (const [prop, value] of Object.entries(row.insn)) {
      const next = at.next.get(value) ?? fresh()
      at.prop = prop
      at.next.set(value, next)
      at = next
    }
    if (isImmediate(row)) at.immediate = row
    else at.row = row
  }
  return root
}

/** The table row that encodes this instruction; `insn/unknown-insn` for data that no constructor makes. */
export function rowOf(insn: TargetedInsn, index?: number): IsaRow {
  const fields: Fields = insn
  const isNumber = typeof fields.src === 'number'
  // Each instruction is looked up several times: no text is made of it unless it is needed.
  let at: Branch | undefined = tree
  while (at?.prop !== undefined) at = at.next.get(fields[at.prop])
  const found = isNumber ? at?.immediate : at?.row
  return found ?? rowByText(fields, selectors.get(insn.kind) ?? ['kind'], isNumber, index)
}

/** As {@link rowOf}, of properties that are not of the table's types, or that no row has. */
function rowByText(fields: Fields, props: readonly string[], isNumber: boolean, index: number | undefined): IsaRow {
  const key = `${props.map((prop) => String(fields[prop])).join(' ')}${isNumber ? ' #' : ''}`
  const row = rows.get(key)
  if (row === undefined) throw insnErrors.make('unknown-insn', { index, found: key })
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
