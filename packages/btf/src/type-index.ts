import { btfErrors } from './btf-errors.ts'
import { COMMON_WORDS, infoKind } from './kinds.ts'
import { type NameFilter, nothingWanted } from './name-filter.ts'
import { type RecordWalk, STRIDE, type WalkInput, type WalkState } from './record-walk.ts'
import { walkInJs } from './walk-in-js.ts'
import { walkInWasm } from './walk-in-wasm.ts'

/**
 * Where each record starts. Records have different lengths, so ids can only be counted from the first one on: the walk
 * goes as far as was asked for and no further.
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
  /**
   * Walk about `STRIDE` words more; gives the records whose names pass the filter, until the next call. Whoever means to
   * walk to the end says so at the first call: it then has `all` names at hand.
   */
  advance(filter: NameFilter, extent?: 'some' | 'all'): Int32Array
}

/** Index the records of a type section; `strings` is only read by filters. */
export function typeIndex(input: WalkInput, firstId: number): TypeIndex {
  const { words, sizes } = input
  const state: WalkState = {
    word: 0,
    record: 0,
    hits: 0,
    offsets: new Int32Array(Math.min(Math.ceil(words.length / COMMON_WORDS), 1 << 16)),
    hit: new Int32Array(Math.min(STRIDE, words.length) + 1),
  }
  const lazy: { walk: RecordWalk | undefined } = { walk: undefined }

  const fail = (): never => {
    const id = firstId + state.record
    const at = state.offsets[state.record] ?? 0
    const kind = infoKind(words[at + 1] ?? 0)
    if (at + 3 <= words.length && sizes[kind] === undefined) throw btfErrors.make('unknown-kind', { id, kind })
    const have = (words.length - at) * 4
    throw btfErrors.make('truncated', { field: `type ${id}`, at: at * 4, need: (state.word - at) * 4, have })
  }
  const advance = (filter: NameFilter, extent: 'some' | 'all' = 'some'): Int32Array => {
    if (state.word > words.length) fail()
    lazy.walk ??= walkInWasm(input, extent) ?? walkInJs(input)
    lazy.walk(filter, state)
    if (state.word > words.length) {
      state.record-- // the record that overshoots is not one
      fail()
    }
    return state.hit.subarray(0, state.hits)
  }
  const reach = (record: number): void => {
    while (state.record <= record && state.word !== words.length) advance(nothingWanted)
  }
  return {
    words,
    count() {
      reach(Number.POSITIVE_INFINITY)
      return state.record
    },
    get walked() {
      return state.record
    },
    get complete() {
      return state.word === words.length
    },
    at(n) {
      if (n >= state.record) reach(n)
      return n >= 0 && n < state.record ? (state.offsets[n] ?? -1) : -1
    },
    advance,
  }
}
