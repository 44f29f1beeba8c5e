import { coreErrors } from './core-errors.ts'

/** A bounds-checked cursor over untrusted bytes; every error names the field being read. */
export interface ByteReader {
  readonly bytes: Uint8Array
  readonly littleEndian: boolean
  /** Next byte to be read, from the start of `bytes`. */
  readonly offset: number
  /** Bytes not read yet. */
  readonly left: number
  u8(field: string): number
  u16(field: string): number
  u32(field: string): number
  u64(field: string): bigint
  s16(field: string): number
  s32(field: string): number
  /** A view (not a copy) of the next `length` bytes. */
  take(length: number, field: string): Uint8Array
  /** Move to an absolute offset, at most the length. */
  seek(offset: number, field: string): void
  /** A reader over `length` bytes from absolute `offset`, with its own path. */
  slice(offset: number, length: number, field: string): ByteReader
  /** Zero-terminated UTF-8 at the cursor. */
  cstring(field: string): string
  /** Throws `core/trailing` unless everything was read. */
  end(): void
}

/** Read `bytes`; `path` prefixes the field names in errors (`path.field`). */
export function byteReader(
  bytes: Uint8Array,
  options: { readonly littleEndian?: boolean; readonly path?: string } = {},
): ByteReader {
  const littleEndian = options.littleEndian ?? true
  const path = options.path ?? 'input'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  const name = (field: string) => `${path}.${field}`
  const check = (at: number, need: number, field: string) => {
    if (need < 0 || at < 0 || at + need > bytes.length)
      throw coreErrors.make('truncated', { field: name(field), at, need, have: bytes.length - at })
  }
  const advance = (need: number, field: string): number => {
    check(offset, need, field)
    const at = offset
    offset += need
    return at
  }
  return {
    bytes,
    littleEndian,
    get offset() {
      return offset
    },
    get left() {
      return bytes.length - offset
    },
    u8: (field) => view.getUint8(advance(1, field)),
    u16: (field) => view.getUint16(advance(2, field), littleEndian),
    u32: (field) => view.getUint32(advance(4, field), littleEndian),
    u64: (field) => view.getBigUint64(advance(8, field), littleEndian),
    s16: (field) => view.getInt16(advance(2, field), littleEndian),
    s32: (field) => view.getInt32(advance(4, field), littleEndian),
    take(length, field) {
      const at = advance(length, field)
      return bytes.subarray(at, at + length)
    },
    seek(to, field) {
      check(to, 0, field)
      offset = to
    },
    slice(at, length, field) {
      check(at, length, field)
      return byteReader(bytes.subarray(at, at + length), { littleEndian, path: name(field) })
    },
    cstring(field) {
      const end = bytes.indexOf(0, offset)
      if (end < 0) throw coreErrors.make('unterminated', { field: name(field), at: offset })
      const text = new TextDecoder().decode(bytes.subarray(offset, end))
      offset = end + 1
      return text
    },
    end() {
      if (offset !== bytes.length)
        throw coreErrors.make('trailing', { field: path, at: offset, left: bytes.length - offset })
    },
  }
}
