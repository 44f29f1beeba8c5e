import { byteWriter } from '@tscc/core'
import type { CoreKind, ObjectFunction } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import type { BtfStrings } from './btf-strings.ts'

/** A program section with its functions, and the byte at which each starts. */
export interface PlacedSection {
  readonly name: string
  readonly functions: readonly { readonly at: number; readonly function: ObjectFunction }[]
}

const BTF_MAGIC = 0xeb9f
const HEADER_SIZE = 32
const FUNC_RECORD = 8
const LINE_RECORD = 16
const CORE_RECORD = 16
/** A line and a column share 32 bits: `line << 10 | column`. */
const MAX_LINE = (1 << 22) - 1
const MAX_COLUMN = (1 << 10) - 1

/** `enum bpf_core_relo_kind` (include/uapi/linux/bpf.h). */
const coreKinds: readonly CoreKind[] = [
  'field_byte_offset',
  'field_byte_size',
  'field_exists',
  'field_signed',
  'field_lshift_u64',
  'field_rshift_u64',
  'type_id_local',
  'type_id_target',
  'type_exists',
  'type_size',
  'enumval_exists',
  'enumval_value',
  'type_matches',
]

/**
 * `.BTF.ext` (kernel Documentation/bpf/btf.rst): func_info, line_info and core_relo; places are bytes from the section's
 * start. Undefined where there is nothing to say.
 *
 *     header 32: magic u16, version u8, flags u8, hdr_len, then offset and length of each of the three parts
 *     part:      record size, then for each section: name, number of records, records
 */
export function btfExt(
  sections: readonly PlacedSection[],
  strings: BtfStrings,
  littleEndian: boolean,
): Uint8Array | undefined {
  const parts = [
    part(sections, strings, littleEndian, FUNC_RECORD, (words, f, at) => {
      if (f.typeId !== undefined) words.push(at, f.typeId)
    }),
    part(sections, strings, littleEndian, LINE_RECORD, (words, f, at) => {
      for (const line of f.lines) {
        inRange(f, 'line', line.line, MAX_LINE)
        inRange(f, 'column', line.column, MAX_COLUMN)
        const place = ((line.line << 10) | line.column) >>> 0
        words.push(at + 8 * line.at, strings.add(line.file), strings.add(line.text), place)
      }
    }),
    part(sections, strings, littleEndian, CORE_RECORD, (words, f, at) => {
      for (const r of f.coreRelocations)
        words.push(at + 8 * r.at, r.typeId, strings.add(r.access), coreKinds.indexOf(r.kind))
    }),
  ]
  if (parts.every((bytes) => bytes.length === 0)) return undefined
  const w = byteWriter({ littleEndian, path: 'btf_ext' })
  w.u16(BTF_MAGIC, 'magic')
  w.u8(1, 'version')
  w.u8(0, 'flags')
  w.u32(HEADER_SIZE, 'hdr_len')
  let offset = 0
  for (const bytes of parts) {
    w.u32(offset, 'offset')
    w.u32(bytes.length, 'length')
    offset += bytes.length
  }
  for (const bytes of parts) w.put(bytes)
  return w.finish()
}

function part(
  sections: readonly PlacedSection[],
  strings: BtfStrings,
  littleEndian: boolean,
  recordSize: number,
  add: (words: number[], f: ObjectFunction, at: number) => void,
): Uint8Array {
  const w = byteWriter({ littleEndian, path: 'btf_ext' })
  for (const section of sections) {
    const words: number[] = []
    for (const placed of section.functions) add(words, placed.function, placed.at)
    if (words.length === 0) continue
    if (w.length === 0) w.u32(recordSize, 'rec_size')
    w.u32(strings.add(section.name), 'sec_name_off')
    w.u32((4 * words.length) / recordSize, 'num_info')
    for (const word of words) w.u32(word, 'word')
  }
  return w.finish()
}

function inRange(f: ObjectFunction, what: string, value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value > limit)
    throw objectErrors.make('bad-object', { what: `${f.name}: ${what}`, why: `${value} is beyond ${limit}` })
}
