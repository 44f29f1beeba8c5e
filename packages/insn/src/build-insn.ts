import { rowOf } from './find-row.ts'
import type { TargetedInsn } from './insn.ts'
import { checkFields } from './operand-codec.ts'

/** Instructions that need no second check: made here, frozen, every operand a value. */
const built = new WeakSet<object>()

/**
 * A constructor's last step: every operand checked against the table, immediates in canonical form. The instruction is
 * frozen, so that nobody has to check it again.
 */
export function buildInsn<T extends TargetedInsn>(insn: T, index?: number): T {
  const checked = Object.freeze(checkFields(rowOf(insn, index), insn, index))
  // A label is no operand's value yet.
  if (!('target' in checked) || typeof checked.target === 'number') built.add(checked)
  return checked
}

/** Whether {@link buildInsn} made it and has nothing left to check. */
export const isBuilt = (insn: object): boolean => built.has(insn)
