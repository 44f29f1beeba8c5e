import type { Btf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { type BtfKind, infoKind, kindNumber } from './kinds.ts'
import { nameFilter } from './name-filter.ts'
import { sortedRange } from './sorted.ts'
import type { TypeIndex } from './type-index.ts'

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
  return wanted.map(({ ids }) => ids[0])
}

/** Like {@link findType}, or an error `btf/unknown-type`. */
export function requireType(btf: Btf, name: string, kind?: BtfKind): number {
  const id = findType(btf, name, kind)
  if (id === undefined) throw btfErrors.make('unknown-type', { name, kind })
  return id
}

/** How {@link findEveryType} compares names. */
export interface FindEveryOptions {
  /** Names may go on with this (ASCII): with `___`, `sock` finds `sock___old` too. */
  readonly goingOnWith?: string
}

/**
 * Every type of the names (and kinds), ascending; in a split BTF those of its own. One walk to the end serves all names,
 * whether or not there was one before.
 */
export function findEveryType(
  btf: Btf,
  queries: readonly TypeQuery[],
  options: FindEveryOptions = {},
): readonly (readonly number[])[] {
  const goingOn = encoder.encode(options.goingOnWith ?? '')
  const wanted = queries.map(prepare)
  const asked = wanted.filter(isSearchable)
  const { types, walkAgain } = btf.state
  // Names in a split BTF may lie among its base's strings, which the walk does not see; modules are small.
  if (btf.base !== undefined) scanFor(btf, asked, goingOn)
  else if (asked.length > 0) walkForEvery(btf, types.walked === 0 ? types : walkAgain(), asked, goingOn)
  return wanted.map(({ ids }) => ids)
}

/** All records of a BTF whose names are wanted, in one walk. */
function walkForEvery(btf: Btf, types: TypeIndex, wanted: readonly Wanted[], goingOn: Uint8Array): void {
  const { strings } = btf.state
  const kinds = wanted.map((entry) => entry.kind)
  const longer = goingOn.length === 0 ? [] : wanted.map(({ name }) => joined(name, goingOn))
  const filter = nameFilter([...wanted.map((entry) => entry.name), ...longer], kinds)
  // Each of a set may stand for several queries of one name.
  const { bytes } = strings
  while (!types.complete) {
    const candidates = types.advance(filter, 'all')
    for (let i = 0; i < candidates.length; i++) {
      const record = candidates[i] ?? 0
      const offset = (types.words[types.at(record)] ?? 0) >>> 0
      for (const entry of wanted) {
        const end = offset + entry.name.length
        // Where the name would end is the byte that differs most often.
        const ends = bytes[end] === 0 || (goingOn.length > 0 && isAt(bytes, end, goingOn))
        if (ends && isAt(bytes, offset, entry.name)) take(btf, types, entry, [record])
      }
    }
  }
}

function scanFor(btf: Btf, wanted: readonly Wanted[], goingOn: Uint8Array): void {
  const { types, strings } = btf.state
  const byName = new Map<string, Wanted[]>()
  for (const entry of wanted) {
    const name = decoder.decode(entry.name)
    byName.set(name, [...(byName.get(name) ?? []), entry])
  }
  const part = decoder.decode(goingOn)
  const count = types.count()
  for (let record = 0; record < count; record++) {
    const name = strings.text((types.words[types.at(record)] ?? 0) >>> 0)
    for (const entry of byName.get(name) ?? []) take(btf, types, entry, [record])
    for (let at = part === '' ? -1 : name.indexOf(part, 1); at > 0; at = name.indexOf(part, at + 1))
      for (const entry of byName.get(name.slice(0, at)) ?? []) take(btf, types, entry, [record])
  }
}

const decoder = new TextDecoder()

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

function isAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false
  return true
}

interface Wanted {
  readonly name: Uint8Array
  /** 0 takes any kind. */
  readonly kind: number
  /** Found so far, lowest first. */
  readonly ids: number[]
}

/** An empty name finds nothing, and neither does one with a zero in it. */
const isSearchable = ({ name }: Wanted): boolean => name.length > 0 && !name.includes(0)

const encoder = new TextEncoder()

function prepare(query: TypeQuery): Wanted {
  const { name, kind } = typeof query === 'string' ? { name: query, kind: undefined } : query
  return { name: encoder.encode(name), kind: kind === undefined ? 0 : kindNumber(kind), ids: [] }
}

/** Fill in the ids that are still missing. */
function searchBtf(btf: Btf, wanted: readonly Wanted[]): void {
  if (btf.base !== undefined) searchBtf(btf.base, wanted)
  const left = () => wanted.filter((entry) => entry.ids.length === 0 && isSearchable(entry))
  const { types, names } = btf.state
  if (left().length === 0) return
  if (types.walked === 0 && btf.base === undefined && !startsSorted(btf)) {
    walkFor(btf, types, left())
    return
  }
  if (!names.built) bisect(btf, left())
  for (const entry of left()) take(btf, types, entry, names.recordsNamed(entry.name))
}

/** One walk over records that nobody has walked yet, comparing the few names that pass a filter. */
function walkFor(btf: Btf, types: TypeIndex, wanted: readonly Wanted[]): void {
  const { strings } = btf.state
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
        if (strings.equals(offset, entry.name)) take(btf, types, entry, [record])
      }
    }
    missing = missing.filter((entry) => entry.ids.length === 0)
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
      take(btf, types, entry, [record])
  }
}

/** Give a wanted name the ids of those records of that name that have the kind. */
function take(btf: Btf, types: TypeIndex, entry: Wanted, records: readonly number[]): void {
  for (const record of records) {
    const kind = infoKind(types.words[types.at(record) + 1] ?? 0)
    if (entry.kind === 0 || entry.kind === kind) entry.ids.push(btf.firstId + record)
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
