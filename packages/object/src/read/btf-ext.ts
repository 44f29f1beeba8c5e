import { byteReader } from '@tscc/core'
import type { CoreKind } from '../model.ts'
import { objectErrors } from '../object-errors.ts'

/** A record of `.BTF.ext`, at a byte of its section's code. */
export interface FuncRecord {
  readonly offset: number
  readonly typeId: number
}
export interface LineRecord {
  readonly offset: number
  readonly file: number
  readonly text: number
  readonly line: number
  readonly column: number
}
export interface CoreRecord {
  readonly offset: number
  readonly typeId: number
  readonly access: number
  readonly kind: CoreKind
}

/** `.BTF.ext` by section; strings are offsets into the BTF's. */
export interface BtfExt {
  readonly funcs: ReadonlyMap<number, readonly FuncRecord[]>
  readonly lines: ReadonlyMap<number, readonly LineRecord[]>
  readonly core: ReadonlyMap<number, readonly CoreRecord[]>
}

/** `enum bpf_core_relo_kind`, by number. */
const CORE_KINDS: readonly CoreKind[] = [
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

const MAGIC = 0xeb9f

/**
 * Read `.BTF.ext`:
 *
 *     magic u16 | version u8 | flags u8 | hdr_len u32 | func off, len | line off, len | core_relo off, len (hdr_len 32)
 *     part: rec_size u32, then for each section: sec_name u32 | num u32 | num records (the first words are known)
 */
export function parseBtfExt(bytes: Uint8Array, littleEndian: boolean): BtfExt {
  const r = byteReader(bytes, { littleEndian, path: '.BTF.ext' })
  const magic = r.u16('magic')
  if (magic !== MAGIC)
    throw objectErrors.make('bad-file', { what: '.BTF.ext', why: `magic is 0x${magic.toString(16)}` })
  const version = r.u8('version')
  if (version !== 1) throw objectErrors.make('bad-file', { what: '.BTF.ext', why: `version is ${version}` })
  r.u8('flags')
  const headerLength = r.u32('hdr_len')
  const part = <T>(at: number, name: string, words: number, make: (record: readonly number[]) => T) => {
    const found = new Map<number, T[]>()
    if (headerLength < at + 8) return found
    r.seek(at, name)
    const offset = headerLength + r.u32(`${name}_off`)
    const length = r.u32(`${name}_len`)
    if (length === 0) return found
    const records = r.slice(offset, length, name)
    const size = records.u32('rec_size')
    if (size < 4 * words || size % 4 !== 0)
      throw objectErrors.make('bad-file', { what: `.BTF.ext.${name}`, why: `records of ${size} bytes` })
    while (records.left > 0) {
      const section = records.u32('sec_name')
      const count = records.u32('num_info')
      const into = found.get(section) ?? []
      found.set(section, into)
      for (let i = 0; i < count; i++) {
        const known = Array.from({ length: words }, () => records.u32('record'))
        records.take(size - 4 * words, 'record')
        into.push(make(known))
      }
    }
    return found
  }
  return {
    funcs: part(8, 'func_info', 2, ([offset = 0, typeId = 0]) => ({ offset, typeId })),
    lines: part(16, 'line_info', 4, ([offset = 0, file = 0, text = 0, place = 0]) => ({
      offset,
      file,
      text,
      line: place >>> 10,
      column: place & 0x3ff,
    })),
    core: part(24, 'core_relo', 4, ([offset = 0, typeId = 0, access = 0, number = 0]) => {
      const kind = CORE_KINDS[number]
      if (kind === undefined)
        throw objectErrors.make('bad-file', { what: '.BTF.ext.core_relo', why: `there is no kind ${number}` })
      return { offset, typeId, access, kind }
    }),
  }
}
