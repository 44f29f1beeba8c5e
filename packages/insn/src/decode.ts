import type { Endian } from './encode.ts'
import type { Insn } from './insn.ts'
import { insnErrors } from './insn-errors.ts'
import { type IsaRow, isaTable, type WireField } from './isa-table.ts'
import { type FieldValue, operandValue } from './operand-codec.ts'

const rowsByCode: ReadonlyMap<number, readonly IsaRow[]> = byCode()

function byCode(): ReadonlyMap<number, readonly IsaRow[]> {
  const rows = new Map<number, IsaRow[]>()
  for (const row of isaTable) {
    const known = rows.get(row.code)
    if (known === undefined) rows.set(row.code, [row])
    else known.push(row)
  }
  return rows
}

/** One instruction as it lies in its slots. */
interface Raw {
  readonly dst: number
  readonly src: number
  readonly off: number
  readonly imm: number
  readonly next: number
}
const wireFields = ['dst', 'src', 'off', 'imm', 'next'] as const

const matches = (row: IsaRow, raw: Raw): boolean =>
  wireFields.every((name) => {
    const field: WireField = row.wire[name] ?? 0
    return typeof field !== 'number' || field === raw[name]
  })

/**
 * Bytes to instructions; `encode(decode(x))` gives x. Throws a typed error on an unknown opcode, a reserved field that
 * is not zero, a register above r10, a write to r10, half a 64-bit immediate, or a length that is no multiple of 8.
 */
export function decode(bytes: Uint8Array, options: { readonly endian?: Endian } = {}): Insn[] {
  if (bytes.length % 8 !== 0) throw insnErrors.make('bad-length', { length: bytes.length })
  const little = options.endian !== 'big'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const insns: Insn[] = []
  for (let at = 0; at < bytes.length; at += 8) {
    const where = { index: insns.length, slot: at / 8 }
    const opcode = view.getUint8(at)
    const registers = view.getUint8(at + 1)
    const [high, low] = [registers >> 4, registers & 15]
    const raw = {
      dst: little ? low : high,
      src: little ? high : low,
      off: view.getInt16(at + 2, little),
      imm: view.getInt32(at + 4, little),
      next: 0,
    }
    const rows = rowsByCode.get(opcode)
    if (rows === undefined) throw insnErrors.make('unknown-opcode', { ...where, opcode })
    if (rows.some((row) => row.wire.next !== undefined)) {
      if (at + 16 > bytes.length) throw insnErrors.make('truncated', where)
      if (view.getUint32(at + 8) !== 0) throw insnErrors.make('reserved', { ...where, opcode, ...raw })
      at += 8
      raw.next = view.getInt32(at + 4, little)
    }
    const row = rows.find((candidate) => matches(candidate, raw))
    if (row === undefined) throw insnErrors.make('reserved', { ...where, opcode, ...raw })
    insns.push(insnOf(row, raw, where))
  }
  return insns
}

function insnOf(row: IsaRow, raw: Raw, where: { readonly index: number; readonly slot: number }): Insn {
  const fields: Record<string, FieldValue> = { ...row.insn }
  for (const name of wireFields) {
    const field = row.wire[name]
    if (typeof field !== 'object' || field.type === 'hi64') continue
    const value = raw[name]
    if (field.type === 'register' || field.type === 'writable') {
      if (value > 10) throw insnErrors.make('bad-register', { ...where, field: field.prop, value })
      if (field.type === 'writable' && value === 10)
        throw insnErrors.make('read-only-register', { index: where.index, insn: row.name, field: field.prop })
    }
    fields[field.prop] = operandValue(field.type, value, raw.next)
  }
  return fields as Insn // a row fixes the discriminants and lists every other property: the table's tests prove it
}
