/**
 * What is known of 64 bits: all of them (unsigned), that they are not zero, or that they are an address in memory that nothing
 * changes; undefined: nothing.
 */
export type Known = bigint | 'nonzero' | ConstantAddress | undefined

/** A byte of a map that nothing can change: configuration values, read-only data. */
export interface ConstantAddress {
  readonly bytes: Uint8Array
  readonly at: number
}

/** What holds where ways meet: what both of them know. */
export function meet(a: Known, b: Known): Known {
  if (a === b) return a
  if (typeof a !== 'object' || typeof b !== 'object') return undefined
  return a.bytes === b.bytes && a.at === b.at ? a : undefined
}
