import { hashBytes, type Strings } from './strings.ts'
import type { TypeIndex } from './type-index.ts'

/** A hash table from name to records, built when it first pays: one walk over all names costs some milliseconds. */
export interface NameIndex {
  /** Whether the table exists. */
  readonly built: boolean
  /** Records named `name`, lowest first; builds the table. */
  recordsNamed(name: Uint8Array): readonly number[]
}

/** A name index over one BTF's own records. */
export function nameIndex(types: TypeIndex, strings: Strings): NameIndex {
  const state: { table: HashTable | undefined } = { table: undefined }
  return {
    get built() {
      return state.table !== undefined
    },
    recordsNamed(name) {
      state.table ??= hashNames(types, strings)
      const { heads, next, mask } = state.table
      const found: number[] = []
      for (let record = heads[hashBytes(name) & mask] ?? -1; record >= 0; record = next[record] ?? -1)
        if (strings.equals((types.words[types.at(record)] ?? 0) >>> 0, name)) found.push(record)
      return found
    },
  }
}

/** Chains of records of equal hash, in ascending order; -1 ends one. */
interface HashTable {
  readonly heads: Int32Array
  readonly next: Int32Array
  readonly mask: number
}

function hashNames(types: TypeIndex, strings: Strings): HashTable {
  const count = types.count()
  const mask = 2 ** Math.ceil(Math.log2(count + 2)) - 1
  const heads = new Int32Array(mask + 1).fill(-1)
  const next = new Int32Array(count)
  for (let record = count - 1; record >= 0; record--) {
    const name = types.words[types.at(record)] ?? 0
    if (name === 0) continue
    const slot = strings.hash(name >>> 0) & mask
    next[record] = heads[slot] ?? -1
    heads[slot] = record
  }
  return { heads, next, mask }
}
