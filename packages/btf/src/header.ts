import { btfErrors } from './btf-errors.ts'
import { kindTable } from './kinds.ts'

/**
 *     offset  0      2        3      4        8         12        16       20       24          28
 *             magic  version  flags  hdr_len  type_off  type_len  str_off  str_len  layout_off  layout_len
 *
 * Section offsets count from the end of the header. The layout fields came in 7.1; fields after them are skipped.
 */
export interface BtfHeader {
  readonly littleEndian: boolean
  readonly headerLength: number
  /** Absolute byte positions in the input. */
  readonly types: Section
  readonly strings: Section
  readonly layout: Section
}

/** A byte range of the input. */
export interface Section {
  readonly at: number
  readonly length: number
}

/** Shortest header, before the layout fields. */
export const BASE_HEADER = 24
/** Header with the layout fields. */
export const LAYOUT_HEADER = 32
/** Largest type section that is read, in bytes; vmlinux has 3 MB, the kernel itself refuses 16 MB. */
export const MAX_TYPE_SECTION = 1 << 26

/** Read and check the header; nothing behind it is touched but the ends of the string section. */
export function parseHeader(bytes: Uint8Array, split: boolean): BtfHeader {
  const need = (field: string, at: number, length: number) => {
    if (at + length > bytes.length)
      throw btfErrors.make('truncated', { field, at, need: length, have: bytes.length - at })
  }
  need('header', 0, 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = view.getUint16(0, true)
  const littleEndian = magic === 0xeb9f
  if (!littleEndian && magic !== 0x9feb) throw btfErrors.make('magic', { found: magic })
  const version = view.getUint8(2)
  if (version !== 1) throw btfErrors.make('unsupported', { field: 'header.version', found: version, want: '1' })
  const flags = view.getUint8(3)
  if (flags !== 0) throw btfErrors.make('unsupported', { field: 'header.flags', found: flags, want: '0' })
  const headerLength = view.getUint32(4, littleEndian)
  if (headerLength < BASE_HEADER)
    throw btfErrors.make('unsupported', { field: 'header.hdr_len', found: headerLength, want: 'at least 24' })
  need('header', 0, headerLength)
  const section = (field: string, at: number): Section => {
    const start = headerLength + view.getUint32(at, littleEndian)
    const length = view.getUint32(at + 4, littleEndian)
    need(field, start, length)
    return { at: start, length }
  }
  const types = section('types', 8)
  const strings = section('strings', 16)
  const layout = headerLength >= LAYOUT_HEADER ? section('layout', 24) : { at: headerLength, length: 0 }
  if (types.length % 4 !== 0)
    throw btfErrors.make('unsupported', { field: 'header.type_len', found: types.length, want: 'a multiple of 4' })
  if (types.length > MAX_TYPE_SECTION)
    throw btfErrors.make('too-large', { field: 'header.type_len', value: types.length, limit: MAX_TYPE_SECTION })
  if (layout.length % 4 !== 0)
    throw btfErrors.make('unsupported', { field: 'header.layout_len', found: layout.length, want: 'a multiple of 4' })
  checkStrings(bytes, strings, split)
  return { littleEndian, headerLength, types, strings, layout }
}

/** Offset 0 is the empty name (of the base when split), and the last string ends inside the section. */
function checkStrings(bytes: Uint8Array, strings: Section, split: boolean): void {
  if (strings.length === 0) {
    if (!split) throw btfErrors.make('unsupported', { field: 'header.str_len', found: 0, want: 'at least 1' })
    return
  }
  const first = bytes[strings.at] ?? 0
  if (!split && first !== 0)
    throw btfErrors.make('unsupported', { field: 'strings: first byte', found: first, want: '0' })
  const last = bytes[strings.at + strings.length - 1] ?? 0
  if (last !== 0) throw btfErrors.make('unsupported', { field: 'strings: last byte', found: last, want: '0' })
}

/** Record length of one kind, in words: `fixed` (the common ones included) plus `vlen` times `element`. */
export interface RecordSize {
  readonly fixed: number
  readonly element: number
  /** False where this package cannot decode the record, only step over it. */
  readonly known: boolean
}

/**
 * Lengths per kind number: those of our table, and those that the layout section declares (one row of
 * info_sz u8, elem_sz u8, flags u16 per kind). A kind that we know with another length is stepped over, never misread.
 */
export function recordSizes(bytes: Uint8Array, header: BtfHeader): readonly (RecordSize | undefined)[] {
  const sizes: (RecordSize | undefined)[] = new Array(128)
  for (const row of kindTable) sizes[row.number] = { fixed: 3 + row.fixed, element: row.element, known: true }
  const declared = Math.min(header.layout.length / 4, 128)
  for (let kind = 1; kind < declared; kind++) {
    const infoSize = bytes[header.layout.at + kind * 4] ?? 0
    const elementSize = bytes[header.layout.at + kind * 4 + 1] ?? 0
    if (infoSize % 4 !== 0 || elementSize % 4 !== 0) throw btfErrors.make('bad-layout', { kind, infoSize, elementSize })
    const fixed = 3 + infoSize / 4
    const element = elementSize / 4
    const ours = sizes[kind]
    sizes[kind] = { fixed, element, known: ours?.fixed === fixed && ours.element === element }
  }
  return sizes
}
