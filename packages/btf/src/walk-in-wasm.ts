import type { NameFilter } from './name-filter.ts'
import { lengthTables, type RecordWalk, roomFor, STRIDE, type WalkInput } from './record-walk.ts'
import { layout, walkCode } from './walk-code.ts'

/** Words below which compiling the module takes longer than the walk. */
const WORTH_COMPILING = 1 << 14
/** Bytes of strings in memory ahead of the names that were seen: names stand in about the order of their types. */
const STRINGS_AHEAD = layout.window / 2
const PAGE = 1 << 16

/** What {@link walkCode} exports. */
interface Exported {
  w(word: number, stop: number, base: number, low: number, span: number, a: number, b: number, c: number): number
}

/**
 * The walk in WebAssembly. A process walks a large BTF once, when no JIT has looked at the loop yet: this is what makes
 * it several times faster than in JavaScript. Undefined where that does not pay (a small BTF) or cannot be.
 */
export function walkInWasm({ words, strings, sizes }: WalkInput): RecordWalk | undefined {
  if (words.length < WORTH_COMPILING || !hostLittleEndian) return undefined
  const instance = instantiate()
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
  /** Move the window so that it ends at `wanted` or later; its pages are touched again and again, new ones cost more than the copy. */
  const haveStrings = (wanted: number): void => {
    const end = Math.min(wanted, strings.length)
    for (let at = Math.max(have, end - layout.window); at < end; ) {
      const place = at % layout.window
      const next = Math.min(end, at - place + layout.window)
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
    if (filter.kinds.includes(1)) haveStrings(highest + STRINGS_AHEAD)
    const start = state.word
    const left = words.length - start
    const chunk = layout.chunk / 4
    ints.set(words.subarray(start, start + Math.min(left, STRIDE + 1)), chunk)
    if (left <= STRIDE) ints.fill(0, chunk + left, chunk + left + 2)

    const { a, b, c } = filter // a is the greatest
    const low = Math.max(0, have - layout.window)
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

const compiled: { module: WebAssembly.Module | undefined } = { module: undefined }

/** Nothing where the runtime has no WebAssembly, or a page's policy forbids compiling. */
function instantiate(): { readonly walk: Exported['w']; readonly buffer: ArrayBuffer } | undefined {
  try {
    compiled.module ??= new WebAssembly.Module(walkCode)
    const memory = new WebAssembly.Memory({ initial: Math.ceil((layout.strings + layout.window) / PAGE) })
    const { exports } = new WebAssembly.Instance(compiled.module, { e: { m: memory } })
    return { walk: (exports as unknown as Exported).w, buffer: memory.buffer } // as walkCode says
  } catch {
    return undefined
  }
}
