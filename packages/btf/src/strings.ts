import { btfErrors } from './btf-errors.ts'

/** The string section; a split BTF's own strings go on where its base's end. */
export interface Strings {
  /** This section alone. */
  readonly bytes: Uint8Array
  /** Offset of its first byte in type records. */
  readonly start: number
  /** Offset behind its last byte. */
  readonly end: number
  /** The text at an offset, base included. */
  text(offset: number): string
  /** Whether the text at an offset is exactly `name` (UTF-8, without the zero). */
  equals(offset: number, name: Uint8Array): boolean
  /** Order of the text at an offset against `name`, by bytes: below 0, 0, or above 0. */
  compare(offset: number, name: Uint8Array): number
  /** A hash of the text's bytes; {@link hashBytes} of the same name is equal. */
  hash(offset: number): number
}

const decoder = new TextDecoder()

/** Bytes of the longest name that is decoded (the kernel takes 511): many types may share one. */
const MAX_NAME = 1 << 12

const mix = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193)

/** FNV-1a of a name. */
export function hashBytes(name: Uint8Array): number {
  let hash = 0x811c9dc5 | 0
  for (let i = 0; i < name.length; i++) hash = mix(hash, name[i] ?? 0)
  return hash
}

/** Strings of one BTF over its base's. `bytes` ends with a zero or is empty, as the header check made sure. */
export function stringsOf(bytes: Uint8Array, base: Strings | undefined): Strings {
  const start = base?.end ?? 0
  const end = start + bytes.length
  const local = (offset: number): number => {
    const at = offset - start
    if (!(at < bytes.length)) throw btfErrors.make('bad-string', { offset, limit: end })
    return at
  }
  return {
    bytes,
    start,
    end,
    text(offset) {
      if (offset < start && base !== undefined) return base.text(offset)
      if (offset === 0) return ''
      const at = local(offset)
      const length = bytes.indexOf(0, at) - at
      if (length > MAX_NAME) throw btfErrors.make('too-large', { field: 'name', value: length, limit: MAX_NAME })
      return decodeName(bytes, at, at + length)
    },
    equals(offset, name) {
      if (offset < start && base !== undefined) return base.equals(offset, name)
      const at = offset - start
      for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false
      return bytes[at + name.length] === 0
    },
    compare(offset, name) {
      if (offset < start && base !== undefined) return base.compare(offset, name)
      const at = offset - start
      for (let i = 0; ; i++) {
        const mine = bytes[at + i] ?? 0
        const other = name[i] ?? 0
        if (mine !== other) return mine - other
        if (mine === 0) return 0
      }
    },
    hash(offset) {
      if (offset < start && base !== undefined) return base.hash(offset)
      let hash = 0x811c9dc5 | 0
      for (let at = offset - start; ; at++) {
        const byte = bytes[at]
        if (byte === undefined || byte === 0) return hash
        hash = mix(hash, byte)
      }
    },
  }
}

/** Most names are short ASCII, for which a loop is several times faster than a TextDecoder call. */
function decodeName(bytes: Uint8Array, at: number, end: number): string {
  if (end - at > 48) return decoder.decode(bytes.subarray(at, end))
  let text = ''
  for (let i = at; i < end; i++) {
    const byte = bytes[i] ?? 0
    if (byte > 0x7f) return decoder.decode(bytes.subarray(at, end))
    text += String.fromCharCode(byte)
  }
  return text
}
