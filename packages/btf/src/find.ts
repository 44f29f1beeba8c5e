import type { Btf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { type BtfKind, infoKind, kindNumber } from './kinds.ts'
import { nameFilter } from './name-filter.ts'
import { sortedRange } from './sorted.ts'

/** What to look for: a name, or a name of one kind. */
export type TypeQuery = string | { readonly name: string; readonly kind?: BtfKind }

/** The lowest id of a type with this name (and kind); undefined when there is none. A base is searched first. */
export function findType(btf: Btf, name: string, kind?: BtfKind): number | undefined {
  return findTypes(btf, [kind === undefined ? name : { name, kind }])[0]
}

/**
 * Like {@link findType} for several names at once, in their order; much faster than one by one when nothing was looked
 * up before, since one walk over the records serves all of them and stops at the last one found.
 */
export function findTypes(btf: Btf, queries: readonly TypeQuery[]): readonly (number | undefined)[] {
  const wanted = queries.map(prepare)
  searchBtf(btf, wanted)
  return wanted.map((entry) => entry.id)
}

/** Like {@link findType}, or an error `btf/unknown-type`. */
export function requireType(btf: Btf, name: string, kind?: BtfKind): number {
  const id = findType(btf, name, kind)
  if (id === undefined) throw btfErrors.make('unknown-type', { name, kind })
  return id
}

interface Wanted {
  readonly name: Uint8Array
  /** 0 takes any kind. */
  readonly kind: number
  id: number | undefined
}

const encoder = new TextEncoder()

function prepare(query: TypeQuery): Wanted {
  const { name, kind } = typeof query === 'string' ? { name: query, kind: undefined } : query
  return { name: encoder.encode(name), kind: kind === undefined ? 0 : kindNumber(kind), id: undefined }
}

/** Fill in the ids that are still missing. An empty name finds nothing, and neither does one with a zero in it. */
function searchBtf(btf: Btf, wanted: readonly Wanted[]): void {
  if (btf.base !== undefined) searchBtf(btf.base, wanted)
  const left = () =>
    wanted.filter((entry) => entry.id === undefined && entry.name.length > 0 && !entry.name.includes(0))
  const { types, names } = btf.state
  if (left().length === 0) return
  if (types.walked === 0 && btf.base === undefined && !startsSorted(btf)) {
    walkFor(btf, left())
    return
  }
  if (!names.built) bisect(btf, left())
  for (const entry of left()) take(btf, entry, names.recordsNamed(entry.name))
}

/** One walk over a BTF nobody has walked yet, comparing the few names that pass a filter. */
function walkFor(btf: Btf, wanted: readonly Wanted[]): void {
  const { types, strings } = btf.state
  const { words } = types
  const { bytes } = strings
  const filter = nameFilter(
    wanted.map((entry) => entry.name),
    wanted.map((entry) => entry.kind),
  )
  let missing = [...wanted]
  while (missing.length > 0 && !types.complete) {
    const candidates = types.advance(filter)
    for (let i = 0; i < candidates.length; i++) {
      const record = candidates[i] ?? 0
      const offset = (words[types.at(record)] ?? 0) >>> 0
      for (let j = 0; j < missing.length; j++) {
        const entry = missing[j]
        // Where the name would end is the byte that differs most often.
        if (entry === undefined || bytes[offset + entry.name.length] !== 0) continue
        if (strings.equals(offset, entry.name)) take(btf, entry, [record])
      }
    }
    missing = missing.filter((entry) => entry.id === undefined)
  }
}

/** Binary search where the names are in order (kernels from 7.0 on); what it misses is left to the hash table. */
function bisect(btf: Btf, wanted: readonly Wanted[]): void {
  const range = sortedRange(btf)
  if (range === undefined) return
  const { types, strings } = btf.state
  const nameAt = (record: number) => (types.words[types.at(record)] ?? 0) >>> 0
  for (const entry of wanted) {
    let low = range.first
    let high = range.end
    while (low < high) {
      const middle = (low + high) >>> 1
      if (strings.compare(nameAt(middle), entry.name) < 0) low = middle + 1
      else high = middle
    }
    for (let record = low; record < range.end && strings.equals(nameAt(record), entry.name); record++)
      take(btf, entry, [record])
  }
}

/** Give a wanted name its id, when one of the records of that name has the kind. */
function take(btf: Btf, entry: Wanted, records: readonly number[]): void {
  const { types } = btf.state
  for (const record of records) {
    if (entry.id !== undefined) return
    const kind = infoKind(types.words[types.at(record) + 1] ?? 0)
    if (entry.kind === 0 || entry.kind === kind) entry.id = btf.firstId + record
  }
}

/**
 * Whether the first records could open a sorted BTF: a cheap no for all others. Sorted BTF has its anonymous types first,
 * so a name in front of an anonymous type rules it out.
 */
function startsSorted(btf: Btf): boolean {
  const { words } = btf.state.types
  const first = words[0] ?? 0
  return first === 0
}
