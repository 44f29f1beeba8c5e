import { COMMON_WORDS } from './kinds.ts'
import { HASH_MASK, type NameFilter } from './name-filter.ts'
import { lengthTables, type RecordWalk, roomFor, STRIDE, type WalkInput, type WalkState } from './record-walk.ts'

/** The walk as it is meant; `walkInWasm` does the same. */
export function walkInJs({ words, strings, sizes }: WalkInput): RecordWalk {
  const { fixed, element } = lengthTables(sizes)
  return (filter, state) => walk(words, fixed, element, strings, filter, state)
}

/**
 * A candidate is always stored and only kept (`found++`) when the filter says so. Missing bytes read as undefined, which
 * the bit operations take for 0.
 */
function walk(
  words: Int32Array,
  fixed: Int32Array,
  element: Int32Array,
  strings: Uint8Array,
  filter: NameFilter,
  state: WalkState,
): void {
  const { kinds, table, a, b, c } = filter
  const { hit } = state
  const stop = Math.min(words.length, state.word + STRIDE)
  state.offsets = roomFor(state.offsets, state.record + Math.ceil(STRIDE / COMMON_WORDS))
  const { offsets } = state
  let word = state.word
  let record = state.record
  let found = 0
  while (word < stop) {
    const info = words[word + 1] as number // undefined in a cut last record, which makes kind 0
    const kind = info >>> 24
    offsets[record] = word
    if (kinds[kind] !== 0) {
      const name = (words[word] as number) >>> 0 // word < stop
      hit[found] = record
      found += table[
        (((strings[name + a] as number) << 8) ^ ((strings[name + b] as number) << 4) ^ (strings[name + c] as number)) &
          HASH_MASK
      ] as number // the table has an entry for every masked value
    }
    record++
    word += (fixed[kind] as number) + (info & 0xff_ffff) * (element[kind] as number) // 256 entries
  }
  state.word = word
  state.record = record
  state.hits = found
}
