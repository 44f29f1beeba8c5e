import type { TargetedInsn } from './insn.ts'
import { insnErrors } from './insn-errors.ts'
import { type IsaRow, isaTable, type Operand, type OperandType, type WireField } from './isa-table.ts'

/** What an instruction's properties hold. */
export type FieldValue = string | number | bigint
/** An instruction seen as the table sees it: properties by name. */
export type Fields = Readonly<Record<string, FieldValue>>

const ranges = {
  s16: { min: -0x8000, max: 0x7fff },
  s32: { min: -0x8000_0000, max: 0x7fff_ffff },
  u32: { min: 0, max: 0xffff_ffff },
  imm32: { min: -0x8000_0000, max: 0xffff_ffff },
} as const
const u64Max = 0xffff_ffff_ffff_ffffn
const s64Min = -0x8000_0000_0000_0000n

const registerNumbers: ReadonlyMap<FieldValue, number> = new Map(
  Array.from({ length: 11 }, (_, n): [FieldValue, number] => [`r${n}`, n]),
)

const wireNames = ['dst', 'src', 'off', 'imm', 'next'] as const
const operands: ReadonlyMap<IsaRow, readonly Operand[]> = new Map(
  isaTable.map((row) => {
    const fields = wireNames.map((name) => row.wire[name]).filter((field) => typeof field === 'object')
    return [row, fields.filter((field) => field.type !== 'hi64')]
  }),
)

/** The operands of a row, in wire order, each property once. */
export function operandsOf(row: IsaRow): readonly Operand[] {
  return operands.get(row) ?? []
}

/** The value in its one canonical form (u32 read as s32 where both are the same bits), or a typed error. */
export function checkOperand(row: IsaRow, operand: Operand, value: unknown, index?: number): FieldValue {
  const { type } = operand
  switch (type) {
    case 'register':
    case 'writable': {
      if (typeof value !== 'string' || !registerNumbers.has(value))
        throw insnErrors.make('bad-operand', { ...whereIs(row, operand, index), value, expected: 'a register r0..r10' })
      if (type === 'writable' && value === 'r10')
        throw insnErrors.make('read-only-register', whereIs(row, operand, index))
      return value
    }
    case 'lo64':
    case 'hi64': {
      if (typeof value !== 'bigint')
        throw insnErrors.make('bad-operand', { ...whereIs(row, operand, index), value, expected: 'a bigint' })
      if (value < s64Min || value > u64Max)
        throw insnErrors.make('out-of-range', { ...whereIs(row, operand, index), value, min: s64Min, max: u64Max })
      return BigInt.asIntN(64, value)
    }
    default: {
      if (typeof value !== 'number' || !Number.isInteger(value))
        throw insnErrors.make('bad-operand', { ...whereIs(row, operand, index), value, expected: 'an integer' })
      const { min, max } = ranges[type]
      if (value < min || value > max)
        throw insnErrors.make('out-of-range', { ...whereIs(row, operand, index), value, min, max })
      return type === 'u32' ? value + 0 : (value | 0) + 0
    }
  }
}

/** What errors say of an operand. */
const whereIs = (row: IsaRow, { prop }: Operand, index: number | undefined) => ({ index, insn: row.name, field: prop })

/** The bits of one wire field, as a number that `DataView` setters narrow without loss. */
export function wireOf(row: IsaRow, field: WireField, fields: Fields, index: number): number {
  return typeof field === 'number' ? field : bitsOf(field, checkOperand(row, field, fields[field.prop], index))
}

function bitsOf(field: Operand, value: FieldValue): number {
  switch (field.type) {
    case 'register':
    case 'writable':
      return registerNumbers.get(value) ?? 0
    case 'lo64':
      return Number(BigInt.asUintN(32, BigInt(value)))
    case 'hi64':
      return Number(BigInt.asUintN(32, BigInt(value) >> 32n))
    default:
      return Number(value)
  }
}

/** The canonical form of a whole instruction: operands checked (but labels), immediates as signed 32 bits. */
export function checkFields<T extends TargetedInsn>(row: IsaRow, insn: T, index?: number): T {
  const fields: Fields = insn
  let changed: Record<string, FieldValue> | undefined
  for (const operand of operandsOf(row)) {
    const value = fields[operand.prop]
    if (operand.prop === 'target' && typeof value === 'string') continue
    const checked = checkOperand(row, operand, value, index)
    if (Object.is(checked, value)) continue
    changed ??= {}
    changed[operand.prop] = checked
  }
  return changed === undefined ? insn : { ...insn, ...changed }
}

/** A wire number as the operand's value; registers must have been checked to be at most 10. */
export function operandValue(type: OperandType, imm: number, next: number): FieldValue {
  switch (type) {
    case 'register':
    case 'writable':
      return `r${imm}`
    case 'lo64':
    case 'hi64':
      return BigInt.asIntN(64, (BigInt(next >>> 0) << 32n) | BigInt(imm >>> 0))
    case 'u32':
      return imm >>> 0
    default:
      return imm
  }
}
