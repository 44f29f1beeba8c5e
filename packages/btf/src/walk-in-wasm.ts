import type { NameFilter } from './name-filter.ts'
import { lengthTables, type RecordWalk, roomFor, STRIDE, type WalkInput } from './record-walk.ts'
import { layout, walkCode } from './walk-code.ts'

/** Words below which compiling the module takes longer than the walk. */
const WORTH_COMPILING = 1 << 14
/** Strings in memory ahead of the names that were seen: names stand in about the order of their types. */
const STRINGS_AHEAD = 1 << 17
const PAGE = 1 << 16

type Walk = (word: number, stop: number, base: number, limit: number, a: number, b: number, c: number) => number

/**
 * The walk in WebAssembly. A process walks a large BTF once, when no JIT has looked at the loop yet: this is what makes
 * it several times faster than in JavaScript. Undefined where that does not pay (a small BTF) or cannot be.
 */
export function walkInWasm({ words, strings, sizes }: WalkInput): RecordWalk | undefined {
  if (words.length < WORTH_COMPILING || !hostLittleEndian) return undefined
  const instance = instantiate()
  if (instance === undefined) return undefined
  const { walk, memory } = instance
  let ints = new Int32Array(memory.buffer)
  let bytes = new Uint8Array(memory.buffer)
  const { fixed, element } = lengthTables(sizes)
  ints.set(fixed, layout.fixed / 4)
  ints.set(element, layout.element / 4)

  let used: NameFilter | undefined
  /** Bytes of the strings that are in memory. */
  let have = 0
  const haveStrings = (wanted: number): void => {
    const want = Math.min(wanted, strings.length)
    if (want <= have) return
    const missing = layout.strings + want - bytes.length
    if (missing > 0) {
      memory.grow(Math.ceil(missing / PAGE))
      ints = new Int32Array(memory.buffer)
      bytes = new Uint8Array(memory.buffer)
    }
    bytes.set(strings.subarray(have, want), layout.strings + have)
    have = want
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
    const at = layout.strings
    const end = walk(0, Math.min(left, STRIDE), start, Math.max(0, have - a), at + a, at + b, at + c)

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
function instantiate(): { readonly walk: Walk; readonly memory: WebAssembly.Memory } | undefined {
  try {
    compiled.module ??= new WebAssembly.Module(walkCode)
    const memory = new WebAssembly.Memory({ initial: Math.ceil(layout.strings / PAGE) })
    const { w } = new WebAssembly.Instance(compiled.module, { e: { m: memory } }).exports
    return { walk: w as Walk, memory } // `w` is what walkCode exports
  } catch {
    return undefined
  }
}
