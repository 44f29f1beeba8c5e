import { type ByteWriter, byteWriter } from '@tscc/core'
import type { Btf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { BASE_HEADER, LAYOUT_HEADER } from './header.ts'
import { kindTable, MAX_VLEN } from './kinds.ts'
import { typeRecord } from './type-record.ts'
import type { BtfType } from './types.ts'

/** How BTF is written. */
export interface BuildBtfOptions {
  /** Byte order of the result. Default: little endian. */
  readonly littleEndian?: boolean
  /** Write a split BTF: ids below the base's end mean the base's types. Strings are the result's own. */
  readonly base?: Btf
  /** Add the layout section of 7.1 kernels, from which older readers learn the lengths of kinds they do not know. */
  readonly layout?: boolean
}

/**
 * Write types as BTF: the first gets id 1 (or the base's next), and ids in the types refer to these. Equal strings are
 * stored once, in order of first use, so the bytes depend on nothing but the arguments.
 */
export function buildBtf(types: readonly BtfType[], options: BuildBtfOptions = {}): Uint8Array {
  const { base } = options
  const littleEndian = options.littleEndian ?? base?.littleEndian ?? true
  const strings = stringWriter(base)
  const writer = byteWriter({ littleEndian, path: 'btf', capacity: 64 * types.length + 64 })
  for (const [i, type] of types.entries()) {
    const { kind, flag, vlen, words } = typeRecord(type, `types[${i}]`, strings.add)
    range(`types[${i}].vlen`, vlen, 0, MAX_VLEN)
    writer.u32(strings.add(type.name, `types[${i}].name`), 'name_off')
    writer.u32(((kind << 24) | vlen | (flag ? 0x8000_0000 : 0)) >>> 0, 'info')
    for (const word of words) {
      range(`types[${i}]`, word, 0, 0xffff_ffff)
      writer.u32(word, 'word')
    }
  }
  return assemble(
    writer.finish(),
    strings.finish(),
    littleEndian,
    options.layout === true ? layoutBytes(littleEndian) : undefined,
  )
}

/** Header and sections in their usual order: types, layout (when there is one), strings. */
export function assemble(
  types: Uint8Array,
  strings: Uint8Array,
  littleEndian: boolean,
  layout: Uint8Array | undefined,
): Uint8Array {
  const headerLength = layout === undefined ? BASE_HEADER : LAYOUT_HEADER
  const layoutLength = layout?.length ?? 0
  const w = byteWriter({
    littleEndian,
    path: 'btf',
    capacity: headerLength + types.length + layoutLength + strings.length,
  })
  w.u16(0xeb9f, 'magic')
  w.u8(1, 'version')
  w.u8(0, 'flags')
  w.u32(headerLength, 'hdr_len')
  w.u32(0, 'type_off')
  w.u32(types.length, 'type_len')
  w.u32(types.length + layoutLength, 'str_off')
  w.u32(strings.length, 'str_len')
  if (layout !== undefined) {
    w.u32(types.length, 'layout_off')
    w.u32(layoutLength, 'layout_len')
  }
  w.put(types)
  if (layout !== undefined) w.put(layout)
  w.put(strings)
  return w.finish()
}

/** One row per kind number, from 0: info_sz, elem_sz, flags. */
function layoutBytes(littleEndian: boolean): Uint8Array {
  const w: ByteWriter = byteWriter({ littleEndian, path: 'layout' })
  w.u32(0, 'unknown')
  for (const row of kindTable) {
    w.u8(row.fixed * 4, 'info_sz')
    w.u8(row.element * 4, 'elem_sz')
    w.u16(0, 'flags')
  }
  return w.finish()
}

/** Throw unless a number to be written fits. */
export function range(field: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw btfErrors.make('out-of-range', { field, value, min, max })
}

/** Strings by content; offset 0 is the empty one, of the base when split. */
function stringWriter(base: Btf | undefined): {
  add(text: string, field: string): number
  finish(): Uint8Array
} {
  const start = base?.state.strings.end ?? 0
  const offsets = new Map([['', 0]])
  const writer = byteWriter({ path: 'strings' })
  writer.cstring('')
  return {
    add(text, field) {
      const known = offsets.get(text)
      if (known !== undefined) return known
      if (text.includes('\0')) throw btfErrors.make('bad-name', { field })
      const offset = start + writer.length
      offsets.set(text, offset)
      writer.cstring(text)
      return offset
    },
    finish: () => writer.finish(),
  }
}
