import { rowOf } from './find-row.ts'
import type { TargetedInsn } from './insn.ts'
import { checkFields } from './operand-codec.ts'

/** A constructor's last step: every operand checked against the table, immediates in canonical form. */
export function buildInsn<T extends TargetedInsn>(insn: T, index?: number): T {
  return checkFields(rowOf(insn, index), insn, index)
}
