/**
 * A cheap test for "may this record's name be one of those wanted", from three bytes at fixed distances from its start:
 * good enough to leave about one record in a hundred for a real comparison.
 */
export interface NameFilter {
  /** By the top byte of the info word (kind_flag and kind): 1 for the kinds whose names are looked at. */
  readonly kinds: Uint8Array
  /** 1 where the mixed bytes of a wanted name point. */
  readonly table: Uint8Array
  /** Distances of the three bytes. */
  readonly a: number
  readonly b: number
  readonly c: number
}

/** The mixed bytes of a name are `(a << 8 ^ b << 4 ^ c) & HASH_MASK`. */
export const HASH_MASK = 0x7fff

/** A filter that passes nothing. */
export const nothingWanted: NameFilter = {
  kinds: new Uint8Array(256),
  table: new Uint8Array(HASH_MASK + 1),
  a: 0,
  b: 0,
  c: 0,
}

/** The filter that passes every one of `names` (UTF-8, without the zero; none is empty) on a record of one of `kinds` (0: any). */
export function nameFilter(names: readonly Uint8Array[], wantedKinds: readonly number[]): NameFilter {
  const kinds = new Uint8Array(256)
  if (wantedKinds.includes(0)) kinds.fill(1)
  else for (const kind of wantedKinds) kinds[kind] = kinds[kind | 0x80] = 1
  const shortest = names.reduce((least, name) => Math.min(least, name.length), Number.POSITIVE_INFINITY)
  // The byte after the shortest name tells it from longer ones that begin with it.
  const a = shortest
  const b = Math.max(0, shortest - 1)
  const c = Math.max(0, shortest - 3)
  const table = new Uint8Array(HASH_MASK + 1)
  for (const name of names) table[(((name[a] ?? 0) << 8) ^ ((name[b] ?? 0) << 4) ^ (name[c] ?? 0)) & HASH_MASK] = 1
  return { kinds, table, a, b, c }
}
