import type { RecordSize } from './header.ts'
import type { NameFilter } from './name-filter.ts'

/** What a walk reads: the type section in the host's byte order, the strings, and how long records are. */
export interface WalkInput {
  readonly words: Int32Array
  readonly strings: Uint8Array
  readonly sizes: readonly (RecordSize | undefined)[]
}

/** How far a walk has come, and where it writes what it finds. */
export interface WalkState {
  /** Word at which the next record starts; behind the end when the last one is cut or its length is unknown. */
  word: number
  /** Number of that record. */
  record: number
  /** Records found by the last step. */
  hits: number
  /** Word at which each record starts; grows as {@link roomFor} says. */
  offsets: Int32Array
  /** The records whose kinds are wanted and whose names may be. */
  readonly hit: Int32Array
}

/** Walk the records that start in the next {@link STRIDE} words. */
export type RecordWalk = (filter: NameFilter, state: WalkState) => void

/** Words per step of the walk. */
export const STRIDE = 1 << 15

/** Record lengths by the top byte of the info word, in which bit 7 is the kind_flag. */
export interface LengthTables {
  readonly fixed: Int32Array
  readonly element: Int32Array
}

/** A length that no section has: stops the walk at a kind of unknown length. */
const UNKNOWN_LENGTH = (1 << 25) - 1

/** The lengths as tables of 256 words. */
export function lengthTables(sizes: readonly (RecordSize | undefined)[]): LengthTables {
  const fixed = new Int32Array(256).fill(UNKNOWN_LENGTH)
  const element = new Int32Array(256)
  sizes.forEach((size, kind) => {
    if (size === undefined) return
    fixed[kind] = fixed[kind | 0x80] = size.fixed
    element[kind] = element[kind | 0x80] = size.element
  })
  return { fixed, element }
}

/** A table for at least `records`: a walk that stops early needs little memory. */
export function roomFor(offsets: Int32Array, records: number): Int32Array {
  if (records <= offsets.length) return offsets
  const larger = new Int32Array(Math.max(records, 2 * offsets.length))
  larger.set(offsets)
  return larger
}
