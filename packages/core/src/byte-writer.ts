import { coreErrors } from './core-errors.ts'
import { isAscii } from './is-ascii.ts'

/** A growing buffer; every narrowing is range-checked, so a value that does not fit is an error and never cut. */
export interface ByteWriter {
  readonly littleEndian: boolean
  /** Bytes written so far. */
  readonly length: number
  u8(value: number, field: string): void
  u16(value: number, field: string): void
  u32(value: number, field: string): void
  u64(value: bigint, field: string): void
  s16(value: number, field: string): void
  s32(value: number, field: string): void
  put(bytes: Uint8Array): void
  /** UTF-8 and a terminating zero. */
  cstring(text: string): void
  /** Zeros up to a multiple of `alignment`. */
  align(alignment: number): void
  /** Overwrite a u32 written before. */
  patchU32(offset: number, value: number, field: string): void
  /** A copy of what was written. */
  finish(): Uint8Array
}

const encoder = new TextEncoder()

/** Write bytes; `path` prefixes the field names in errors. */
export function byteWriter(
  options: { readonly littleEndian?: boolean; readonly path?: string; readonly capacity?: number } = {},
): ByteWriter {
  const littleEndian = options.littleEndian ?? true
  const path = options.path ?? 'output'
  let bytes = new Uint8Array(options.capacity ?? 256)
  let view = new DataView(bytes.buffer)
  let length = 0
  const room = (need: number): number => {
    const at = length
    length += need
    if (length > bytes.length) {
      const grown = new Uint8Array(Math.max(length, bytes.length * 2))
      grown.set(bytes)
      bytes = grown
      view = new DataView(bytes.buffer)
    }
    return at
  }
  const checked = (value: number, min: number, max: number, field: string): number => {
    if (!Number.isInteger(value) || value < min || value > max)
      throw coreErrors.make('out-of-range', { field: `${path}.${field}`, value, min, max })
    return value
  }
  return {
    littleEndian,
    get length() {
      return length
    },
    u8(value, field) {
      checked(value, 0, 0xff, field)
      const at = room(1)
      view.setUint8(at, value)
    },
    u16(value, field) {
      checked(value, 0, 0xffff, field)
      const at = room(2)
      view.setUint16(at, value, littleEndian)
    },
    u32(value, field) {
      checked(value, 0, 0xffff_ffff, field)
      const at = room(4)
      view.setUint32(at, value, littleEndian)
    },
    u64(value, field) {
      if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
        throw coreErrors.make('out-of-range', {
          field: `${path}.${field}`,
          value,
          min: 0n,
          max: 0xffff_ffff_ffff_ffffn,
        })
      const at = room(8)
      view.setBigUint64(at, value, littleEndian)
    },
    s16(value, field) {
      checked(value, -0x8000, 0x7fff, field)
      const at = room(2)
      view.setInt16(at, value, littleEndian)
    },
    s32(value, field) {
      checked(value, -0x8000_0000, 0x7fff_ffff, field)
      const at = room(4)
      view.setInt32(at, value, littleEndian)
    },
    put(more) {
      const at = room(more.length)
      bytes.set(more, at)
    },
    cstring(text) {
      // Most are short ASCII, for which a loop is several times faster than a TextEncoder call.
      const encoded = isAscii(text) ? undefined : encoder.encode(text)
      const at = room((encoded ?? text).length + 1)
      if (encoded !== undefined) bytes.set(encoded, at)
      else for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
    },
    align(alignment) {
      room((alignment - (length % alignment)) % alignment)
    },
    patchU32(at, value, field) {
      checked(value, 0, 0xffff_ffff, field)
      checked(at, 0, length - 4, `${field}.offset`)
      view.setUint32(at, value, littleEndian)
    },
    finish: () => bytes.slice(0, length),
  }
}
