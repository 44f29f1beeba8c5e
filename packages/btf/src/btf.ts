import { btfErrors } from './btf-errors.ts'
import { type BtfHeader, parseHeader, recordSizes } from './header.ts'
import { infoKind, kindRow } from './kinds.ts'
import { type NameIndex, nameIndex } from './name-index.ts'
import { type Strings, stringsOf } from './strings.ts'
import { type TypeIndex, typeIndex } from './type-index.ts'
import type { BtfMember, BtfType } from './types.ts'

/** A parsed BTF: made by {@link parseBtf}, asked through the functions of this package. Decodes on demand. */
export interface Btf {
  /** The raw bytes, header first. */
  readonly bytes: Uint8Array
  readonly littleEndian: boolean
  /** What a split BTF (of a kernel module) builds on. */
  readonly base: Btf | undefined
  /** Bytes of a pointer in the described program. */
  readonly pointerSize: 4 | 8
  /** Lowest id that is this BTF's own: 1, or in a split BTF the one after the base's last. */
  readonly firstId: number
  /** Parsed and indexed state; not part of the stable API. */
  readonly state: BtfState
}

/** What the functions of this package keep beside the bytes. */
export interface BtfState {
  readonly header: BtfHeader
  readonly strings: Strings
  readonly types: TypeIndex
  /** The same index with nothing walked yet, for a search over all records. */
  readonly walkAgain: () => TypeIndex
  readonly names: NameIndex
  /** Per kind number: 1 where records have the length that this package decodes. */
  readonly decodable: Uint8Array
  /** Decoded structs and unions, which queries come back to. */
  readonly decoded: Map<number, BtfType>
  /** Members of structs and unions, anonymous ones flattened. */
  readonly flattened: Map<number, readonly BtfMember[]>
}

/** How to read raw BTF. */
export interface ParseBtfOptions {
  /** The BTF that a split BTF was made against. */
  readonly base?: Btf
  /** Bytes of a pointer, which raw BTF does not say. Default: the base's, else 8. */
  readonly pointerSize?: 4 | 8
}

/**
 * Read raw BTF (the content of `/sys/kernel/btf/…` or of a `.BTF` section) of either byte order. Only the header is
 * checked here; records are walked when a query first needs them, so errors in them surface there. The bytes must not
 * change afterwards.
 */
export function parseBtf(bytes: Uint8Array, options: ParseBtfOptions = {}): Btf {
  const base = options.base
  const header = parseHeader(bytes, base !== undefined)
  const sizes = recordSizes(bytes, header)
  const strings = stringsOf(
    bytes.subarray(header.strings.at, header.strings.at + header.strings.length),
    base?.state.strings,
  )
  const firstId = base === undefined ? 1 : base.firstId + base.state.types.count()
  const words = hostWords(bytes, header.types.at, header.types.length, header.littleEndian)
  const walkAgain = (): TypeIndex => typeIndex({ words, strings: strings.bytes, sizes }, firstId)
  const types = walkAgain()
  const decodable = new Uint8Array(128)
  sizes.forEach((size, kind) => {
    if (size?.known === true) decodable[kind] = 1
  })
  return {
    bytes,
    littleEndian: header.littleEndian,
    base,
    pointerSize: options.pointerSize ?? base?.pointerSize ?? 8,
    firstId,
    state: {
      header,
      strings,
      types,
      walkAgain,
      names: nameIndex(types, strings),
      decodable,
      decoded: new Map(),
      flattened: new Map(),
    },
  }
}

/** Number of types, void not counted and the base's included: ids are 1 to this. */
export function typeCount(btf: Btf): number {
  return btf.firstId - 1 + btf.state.types.count()
}

/** The name of a type; empty for an anonymous one and for void (0). */
export function nameOf(btf: Btf, id: number): string {
  if (id === 0) return ''
  const { owner, word } = recordOf(btf, id)
  return owner.state.strings.text((owner.state.types.words[word] ?? 0) >>> 0)
}

/** The kind of a type: `void` for id 0, `unknown` where only the length of the record is known. */
export function kindOf(btf: Btf, id: number): BtfType['kind'] {
  if (id === 0) return 'void'
  const { owner, word } = recordOf(btf, id)
  const kind = infoKind(owner.state.types.words[word + 1] ?? 0)
  return owner.state.decodable[kind] === 1 ? (kindRow(kind)?.kind ?? 'unknown') : 'unknown'
}

/** The BTF that holds a type, and the word at which its record starts. */
export function recordOf(btf: Btf, id: number): { readonly owner: Btf; readonly word: number } {
  let owner = btf
  while (id < owner.firstId && owner.base !== undefined) owner = owner.base
  const word = Number.isInteger(id) ? owner.state.types.at(id - owner.firstId) : -1
  if (word < 0) throw btfErrors.make('bad-type-id', { id, count: typeCount(btf) })
  return { owner, word }
}

const hostLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** The type section as words: a view where alignment and byte order allow, else a copy. */
function hostWords(bytes: Uint8Array, at: number, length: number, littleEndian: boolean): Int32Array {
  const start = bytes.byteOffset + at
  if (littleEndian === hostLittleEndian) {
    if (start % 4 === 0) return new Int32Array(bytes.buffer, start, length / 4)
    return new Int32Array(bytes.slice(at, at + length).buffer)
  }
  const view = new DataView(bytes.buffer, start, length)
  const words = new Int32Array(length / 4)
  for (let i = 0; i < words.length; i++) words[i] = view.getInt32(i * 4, littleEndian)
  return words
}
