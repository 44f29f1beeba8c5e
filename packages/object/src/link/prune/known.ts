/**
 * What is known of 64 bits: all of them (unsigned), that they are not zero, or that they are an address in the map of
 * configuration values; undefined: nothing.
 */
export type Known = bigint | 'nonzero' | ConfigAddress | undefined

/** Byte `config` of the map of configuration values. */
export interface ConfigAddress {
  readonly config: number
}

/** What holds where ways meet: what both of them know. */
export function meet(a: Known, b: Known): Known {
  if (a === b) return a
  return typeof a === 'object' && typeof b === 'object' && a.config === b.config ? a : undefined
}
