import type { NameFilter } from './name-filter.ts'
import { lengthTables, type RecordWalk, roomFor, STRIDE, type WalkInput } from './record-walk.ts'
import { layout, walkCodeFor, windows } from './walk-code.ts'

/** Words below which compiling the module takes longer than the walk. */
const WORTH_COMPILING = 1 << 14
const PAGE = 1 << 16

/** What the module exports. */
interface Exported {
  w(word: number, stop: number, base: number, low: number, span: number, a: number, b: number, c: number): number
}

/**
 * The walk in WebAssembly. A process walks a large BTF once, when no JIT has looked at the loop yet: this is what makes
 * it several times faster than in JavaScript. Undefined where that does not pay (a small BTF) or cannot be. A walk that is
 * expected to go to the end wants `all` strings in memory; one that stops early does with those ahead of where it is.
 */
export function walkInWasm({ words, strings, sizes }: WalkInput, extent: 'some' | 'all'): RecordWalk | undefined {
  if (words.length < WORTH_COMPILING || !hostLittleEndian) return undefined
  const window = extent === 'some' ? windows.least : windowFor(strings.length)
  const instance = instantiate(window)
  if (instance === undefined) return undefined
  const { walk, buffer } = instance
  const ints = new Int32Array(buffer)
  const bytes = new Uint8Array(buffer)
  const { fixed, element } = lengthTables(sizes)
  ints.set(fixed, layout.fixed / 4)
  ints.set(element, layout.element / 4)

  let used: NameFilter | undefined
  /** Where the strings in memory end; the window's length of them is there. */
  let have = 0
  /** Move the window so that it ends at `wanted` or later. Its pages are touched again and again, new ones cost more than the copy. */
  const haveStrings = (wanted: number): void => {
    const end = Math.min(wanted, strings.length)
    for (let at = Math.max(have, end - window); at < end; ) {
      const place = at % window
      const next = Math.min(end, at - place + window)
      bytes.set(strings.subarray(at, next), layout.strings + place)
      at = next
    }
    have = Math.max(have, end)
  }
  let highest = 0
  return (filter, state) => {
    if (filter !== used) {
      bytes.set(filter.kinds, layout.kinds)
      bytes.set(filter.table, layout.table)
      used = filter
    }
    if (filter.kinds.includes(1)) haveStrings(window > strings.length ? strings.length : highest + window / 2)
    const start = state.word
    const left = words.length - start
    const chunk = layout.chunk / 4
    ints.set(words.subarray(start, start + Math.min(left, STRIDE + 1)), chunk)
    if (left <= STRIDE) ints.fill(0, chunk + left, chunk + left + 2)

    const { a, b, c } = filter // a is the greatest
    const low = Math.max(0, have - window)
    const end = walk(0, Math.min(left, STRIDE), start, low, Math.max(0, have - a - low), a, b, c)

    const offsets = layout.offsets / 4
    const hits = layout.hits / 4
    const walked = ((ints[0] ?? 0) >> 2) - offsets
    const found = ((ints[1] ?? 0) >> 2) - hits
    highest = Math.max(highest, Math.min((ints[2] ?? 0) >>> 0, strings.length))
    state.offsets = roomFor(state.offsets, state.record + walked)
    state.offsets.set(ints.subarray(offsets, offsets + walked), state.record)
    for (let i = 0; i < found; i++) state.hit[i] = state.record + ((ints[hits + i] ?? 0) >> 2) - offsets
    state.word = start + (end >>> 0)
    state.record += walked
    state.hits = found
  }
}

const hostLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** The least window that holds all strings; the least of all where they are too many for any. */
function windowFor(length: number): number {
  let window: number = windows.least
  while (window <= length && window < windows.most) window *= 2
  return window > length ? window : windows.least
}

/** By size of the window. */
const compiled = new Map<number, WebAssembly.Module>()

/** Nothing where the runtime has no WebAssembly, or a page's policy forbids compiling. */
function instantiate(window: number): { readonly walk: Exported['w']; readonly buffer: ArrayBuffer } | undefined {
  try {
    const module = compiled.get(window) ?? new WebAssembly.Module(walkCodeFor(window))
    compiled.set(window, module)
    const memory = new WebAssembly.Memory({ initial: Math.ceil((layout.strings + window) / PAGE) })
    const { exports } = new WebAssembly.Instance(module, { e: { m: memory } })
    return { walk: (exports as unknown as Exported).w, buffer: memory.buffer } // as walk-code.ts says
  } catch {
    return undefined
  }
}
