import type { Register } from '@tscc/insn'
import { wasmType } from './opcodes.ts'

/**
 * Locals of a translated function: r1 to r5 are its parameters, 0 to 4, the other registers follow.
 *
 *     0..4  r1..r5    5  r0    6..9  r6..r9    10  r10    then what follows here
 */
export const local = {
  /** The address that is accessed. */
  address: 11,
  /** A value on its way. */
  value: 12,
  /** Tag of the address; a flag. */
  tag: 13,
  /** Where the tag's row is, from the table on. */
  row: 14,
  /** Where the frame begins in the linear memory. */
  frame: 15,
  /** What is left of the budget. */
  fuel: 16,
  /** Frames of the callers. */
  depth: 17,
  /** How often may_goto still goes on. */
  mayGoto: 18,
  /** The block that comes next, in graphs that are not reducible. */
  state: 19,
} as const

const { i32, i64 } = wasmType
/** Types of the locals behind the parameters. */
export const localTypes: readonly number[] = [
  ...[i64, i64, i64, i64, i64, i64, i64, i64],
  ...[i32, i32, i32, i32, i32, i32, i32],
]

/** The local that holds a register. */
export function registerLocal(register: Register): number {
  const number = Number(register.slice(1))
  return number === 0 ? 5 : number <= 5 ? number - 1 : number
}
