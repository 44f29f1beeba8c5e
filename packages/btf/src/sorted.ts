import type { Btf } from './btf.ts'

/** The records of a sorted BTF that have names: from `first` to `end`, exclusive. */
export interface SortedRange {
  readonly first: number
  readonly end: number
}

/** Pairs of neighbours that are compared before a large BTF counts as sorted. */
const SAMPLES = 64
/** Up to this many records all are compared. */
const SMALL = 1 << 12

/**
 * Where the names are sorted, as kernels from 7.0 on have them: anonymous types first, then by name (strcmp). A large BTF is
 * judged by samples, because comparing all names would cost more than it saves; whoever searches must therefore take a miss for
 * "look elsewhere". A hit is always a type of that name.
 */
export function sortedRange(btf: Btf): SortedRange | undefined {
  const { types, strings } = btf.state
  const end = types.count()
  const name = (record: number) => (types.words[types.at(record)] ?? 0) >>> 0
  if (end === 0 || name(end - 1) === 0) return undefined
  let low = 0
  let high = end - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (name(middle) === 0) low = middle + 1
    else high = middle
  }
  const first = low
  const stepOver = (count: number): number => (end <= SMALL ? 1 : Math.max(1, Math.floor(count / SAMPLES)))
  for (let record = 0; record < first; record += stepOver(first)) if (name(record) !== 0) return undefined
  const step = stepOver(end - first)
  const bytesAt = (record: number) => {
    const at = name(record) - strings.start
    return strings.bytes.subarray(at, Math.max(at, strings.bytes.indexOf(0, at)))
  }
  for (let record = first + 1; record < end; record += step) {
    if (name(record) < strings.start) return undefined // a name of the base: split BTF is not sorted
    if (strings.compare(name(record - 1), bytesAt(record)) > 0) return undefined
    if (record - step > first && strings.compare(name(record - step), bytesAt(record)) > 0) return undefined
  }
  return { first, end }
}
