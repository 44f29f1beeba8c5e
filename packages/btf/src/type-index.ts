import { btfErrors } from './btf-errors.ts'
import type { RecordSize } from './header.ts'
import { infoKind } from './kinds.ts'
import { type NameFilter, nothingWanted } from './name-filter.ts'

/**
 * Where each record starts. Records have different lengths, so ids can only be counted from the first one on: the walk
 * goes as far as was asked for and no further, and its loop is kept small because it runs mostly before the JIT is warm.
 */
export interface TypeIndex {
  /** The type section in the host's byte order. */
  readonly words: Int32Array
  /** Number of records; walks to the end. */
  count(): number
  /** Records walked so far. */
  readonly walked: number
  /** True when the walk has reached the end. */
  readonly complete: boolean
  /** Word at which record `n` (0 is the first) starts, or -1 when there is no such record. */
  at(n: number): number
  /** Walk about `STRIDE` records more; gives the records whose names pass the filter, until the next call. */
  advance(filter: NameFilter): Int32Array
}

/** Words per step of the walk. */
const STRIDE = 1 << 15
/** A length that no section has: stops the walk at a kind of unknown length. */
const UNKNOWN_STEP = (1 << 25) - 1

/** Index the records of a type section; `strings` is only read by filters. */
export function typeIndex(
  words: Int32Array,
  sizes: readonly (RecordSize | undefined)[],
  strings: Uint8Array,
  firstId: number,
): TypeIndex {
  // By the whole top byte of the info word, in which bit 7 is the kind_flag.
  const fixed = new Int32Array(256).fill(UNKNOWN_STEP)
  const element = new Int32Array(256)
  sizes.forEach((size, kind) => {
    if (size === undefined) return
    fixed[kind] = fixed[kind | 0x80] = size.fixed
    element[kind] = element[kind | 0x80] = size.element
  })
  const offsets = new Int32Array(Math.floor(words.length / 3) + 1)
  const hits = new Int32Array(Math.min(STRIDE, words.length) + 1)
  const cursor = { word: 0, record: 0, hits: 0 }

  const fail = (): never => {
    const id = firstId + cursor.record
    const at = offsets[cursor.record] ?? 0
    const kind = infoKind(words[at + 1] ?? 0)
    if (at + 3 <= words.length && sizes[kind] === undefined) throw btfErrors.make('unknown-kind', { id, kind })
    const have = (words.length - at) * 4
    throw btfErrors.make('truncated', { field: `type ${id}`, at: at * 4, need: (cursor.word - at) * 4, have })
  }
  const advance = (filter: NameFilter): Int32Array => {
    if (cursor.word > words.length) fail()
    walk(words, fixed, element, offsets, strings, filter, hits, cursor, Math.min(words.length, cursor.word + STRIDE))
    if (cursor.word > words.length) {
      cursor.record-- // the record that overshoots is not one
      fail()
    }
    return hits.subarray(0, cursor.hits)
  }
  const reach = (record: number): void => {
    while (cursor.record <= record && cursor.word !== words.length) advance(nothingWanted)
  }
  return {
    words,
    count() {
      reach(Number.POSITIVE_INFINITY)
      return cursor.record
    },
    get walked() {
      return cursor.record
    },
    get complete() {
      return cursor.word === words.length
    },
    at(n) {
      if (n >= cursor.record) reach(n)
      return n >= 0 && n < cursor.record ? (offsets[n] ?? -1) : -1
    },
    advance,
  }
}

/**
 * The hot loop, which mostly runs before the JIT is warm, so every operation counts: only records of the wanted kinds have
 * their names looked at. A candidate is always stored and only kept (`found++`) when the filter says so. Missing bytes read
 * as undefined, which the bit operations take for 0.
 */
function walk(
  words: Int32Array,
  fixed: Int32Array,
  element: Int32Array,
  offsets: Int32Array,
  strings: Uint8Array,
  filter: NameFilter,
  hits: Int32Array,
  cursor: { word: number; record: number; hits: number },
  stop: number,
): void {
  const { kinds, table, a, b, c } = filter
  let word = cursor.word
  let record = cursor.record
  let found = 0
  while (word < stop) {
    const info = words[word + 1] as number // undefined in a cut last record, which makes kind 0
    const kind = info >>> 24
    offsets[record] = word
    if (kinds[kind] !== 0) {
      const name = words[word] as number // word < stop
      hits[found] = record
      found += table[
        (((strings[name + a] as number) << 8) ^ ((strings[name + b] as number) << 4) ^ (strings[name + c] as number)) &
          0xffff
      ] as number // 65536 entries
    }
    record++
    word += (fixed[kind] as number) + (info & 0xff_ffff) * (element[kind] as number) // 256 entries
  }
  cursor.word = word
  cursor.record = record
  cursor.hits = found
}
