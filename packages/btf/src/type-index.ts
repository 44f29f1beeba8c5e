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

/** Records per step of the walk. */
const STRIDE = 1 << 12
/** A length that no section has: stops the walk at a kind of unknown length. */
const UNKNOWN_STEP = (1 << 25) - 1

/** Of a step: the record's name is looked at. */
const SIGN = 1 << 31

/** Index the records of a type section; `strings` is only read by filters. */
export function typeIndex(
  words: Int32Array,
  sizes: readonly (RecordSize | undefined)[],
  strings: Uint8Array,
  firstId: number,
): TypeIndex {
  const steps = new Int32Array(256)
  for (let i = 0; i < 256; i++) {
    const size = sizes[i & 0x7f]
    steps[i] = size === undefined ? UNKNOWN_STEP : size.fixed | (size.element << 25)
  }
  const offsets = new Int32Array(Math.floor(words.length / 3) + 1)
  const hits = new Int32Array(Math.min(STRIDE, offsets.length) + 1)
  const cursor = { word: 0, record: 0, hits: 0 }

  const marked = { filter: nothingWanted, steps }
  /** The steps with the sign bit set for the kinds that the filter wants, which costs the loop no access more. */
  const stepsFor = (filter: NameFilter): Int32Array => {
    if (filter === nothingWanted) return steps
    if (marked.filter !== filter) {
      marked.filter = filter
      marked.steps = steps.map((step, i) => (filter.kinds[i & 0x7f] === 1 ? step | SIGN : step))
    }
    return marked.steps
  }
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
    const from = cursor.record
    walk(
      words,
      stepsFor(filter),
      offsets,
      strings,
      filter.table,
      filter.a,
      filter.b,
      filter.c,
      hits,
      cursor,
      from + STRIDE,
    )
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
 * The hot loop, which runs interpreted for its first milliseconds, so every access counts: only records of the wanted
 * kinds have their names looked at. A candidate is always stored and only kept (`found++`) when the filter says so. Missing
 * bytes read as undefined, which the bit operations take for 0.
 */
function walk(
  words: Int32Array,
  steps: Int32Array,
  offsets: Int32Array,
  strings: Uint8Array,
  table: Uint8Array,
  a: number,
  b: number,
  c: number,
  hits: Int32Array,
  cursor: { word: number; record: number; hits: number },
  stop: number,
): void {
  const end = words.length
  let word = cursor.word
  let record = cursor.record
  let found = 0
  while (word < end && record < stop) {
    const info = words[word + 1] as number // undefined in a cut last record, which makes kind 0
    const step = steps[info >>> 24] as number // 256 entries
    offsets[record] = word
    if (step < 0) {
      const name = words[word] as number // word < end
      hits[found] = record
      found += table[
        (((strings[name + a] as number) << 8) ^ ((strings[name + b] as number) << 4) ^ (strings[name + c] as number)) &
          0xffff
      ] as number // 65536 entries
    }
    record++
    word += (step & 0x1ff_ffff) + (info & 0xff_ffff) * ((step >>> 25) & 0x3f)
  }
  cursor.word = word
  cursor.record = record
  cursor.hits = found
}
