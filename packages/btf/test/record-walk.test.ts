import { buildBtf, findTypes, parseBtf, typeCount } from '@tscc/btf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordSizes } from '../src/header.ts'
import { nameFilter, nothingWanted } from '../src/name-filter.ts'
import type { RecordWalk, WalkInput, WalkState } from '../src/record-walk.ts'
import { walkInJs } from '../src/walk-in-js.ts'
import { walkInWasm } from '../src/walk-in-wasm.ts'
import { arbitraryTypes } from './arbitrary-types.ts'

/** What a walk says: every step's records, hits and place, until the end or a record that cannot be stepped over. */
function trace(walk: RecordWalk, input: WalkInput, filters: readonly ReturnType<typeof nameFilter>[]) {
  const state: WalkState = { word: 0, record: 0, hits: 0, offsets: new Int32Array(1), hit: new Int32Array(40_000) }
  const steps: { word: number; record: number; hits: number[] }[] = []
  for (let step = 0; state.word < input.words.length; step++) {
    walk(filters[step % filters.length] ?? nothingWanted, state)
    steps.push({
      word: Math.min(state.word, input.words.length + 1),
      record: state.record,
      hits: [...state.hit.subarray(0, state.hits)],
    })
  }
  return { steps, offsets: [...state.offsets.subarray(0, state.record)] }
}

/** The candidates that have one of the names: a walk may give others too. */
function named(input: WalkInput, records: ReturnType<typeof trace>, names: readonly string[]): number[] {
  const decoder = new TextDecoder()
  return records.steps
    .flatMap((step) => step.hits)
    .filter((record) => {
      const at = (input.words[records.offsets[record] ?? 0] ?? 0) >>> 0
      return names.includes(decoder.decode(input.strings.subarray(at, input.strings.indexOf(0, at))))
    })
}

function inputOf(bytes: Uint8Array): WalkInput {
  const { header, strings } = parseBtf(bytes).state
  const types = bytes.slice(header.types.at, header.types.at + header.types.length)
  return { words: new Int32Array(types.buffer), strings: strings.bytes, sizes: recordSizes(bytes, header) }
}

const wanted = ['tcp_sock', 'a', 'ab']
const encoder = new TextEncoder()
const filterOf = (kinds: readonly number[]) =>
  nameFilter(
    wanted.map((name) => encoder.encode(name)),
    kinds,
  )

describe.each(['some', 'all'] as const)(
  'the walk in WebAssembly, with %s strings, does what the one in JavaScript does',
  (extent) => {
    test('over any types, with filters that come and go', () => {
      fc.assert(
        fc.property(arbitraryTypes(), fc.constantFrom([0], [4, 5], [12]), fc.boolean(), (types, kinds, pause) => {
          const input = inputOf(buildBtf(Array.from({ length: 2000 }, () => types).flat()))
          const wasm = walkInWasm(input, extent)
          if (wasm === undefined) return fc.pre(false)
          const filters = pause ? [nothingWanted, filterOf(kinds)] : [filterOf(kinds)]
          const theirs = trace(wasm, input, filters)
          const ours = trace(walkInJs(input), input, filters)
          expect(theirs.offsets).toEqual(ours.offsets)
          expect(theirs.steps.map(({ word, record }) => ({ word, record }))).toEqual(
            ours.steps.map(({ word, record }) => ({ word, record })),
          )
          expect(named(input, theirs, wanted)).toEqual(named(input, ours, wanted))
        }),
        { numRuns: 20 },
      )
    })

    test('over words that are no records', () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1 << 16, maxLength: 1 << 17 }), fc.nat(255), (noise, top) => {
          const bytes = noise.slice(0, noise.length & ~3)
          // Mostly short records of known kinds, so that the walk gets somewhere.
          for (let at = 4; at + 4 <= bytes.length; at += 12) {
            bytes[at + 1] = bytes[at + 2] = 0
            bytes[at] = (bytes[at] ?? 0) & 3
            if ((bytes[at + 3] ?? 0) > top) bytes[at + 3] = 10
          }
          const strings = bytes.slice(0, 999)
          const { sizes } = inputOf(buildBtf([]))
          const input = { words: new Int32Array(bytes.buffer), strings, sizes }
          const wasm = walkInWasm(input, extent)
          if (wasm === undefined) throw new Error('large enough for WebAssembly')
          const theirs = trace(wasm, input, [filterOf([0])])
          const ours = trace(walkInJs(input), input, [filterOf([0])])
          expect(theirs.offsets).toEqual(ours.offsets)
          expect(theirs.steps.at(-1)?.word).toBe(ours.steps.at(-1)?.word)
        }),
        { numRuns: 20 },
      )
    })

    test('it serves large BTF here, and small ones do without', () => {
      const many = buildBtf(
        Array.from({ length: 9000 }, (_, n) => ({ kind: 'float' as const, name: `f${n}`, size: 4 })),
      )
      expect(walkInWasm(inputOf(many), extent)).toBeDefined()
      expect(walkInWasm(inputOf(buildBtf([])), extent)).toBeUndefined()
      expect(findTypes(parseBtf(many), ['f0', 'f8999', 'f9000', 'f4711'])).toEqual([1, 9000, undefined, 4712])
      expect(typeCount(parseBtf(many))).toBe(9000)
    })
  },
)
