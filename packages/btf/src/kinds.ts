/**
 * The BTF kinds, one row each (kernel `include/uapi/linux/btf.h`): a record is
 *
 *     name_off u32 | info u32 | size or type u32 | `fixed` words | `vlen` times `element` words
 *     info: bit 31 kind_flag, bits 24–30 kind, bits 0–23 vlen (before 7.x: 5 bits of kind and 16 of vlen, the rest zero)
 *
 * so every field of the type section is one 32-bit word.
 */
export interface KindRow {
  readonly number: number
  readonly kind: BtfKind
  /** Words after the common three, before the elements. */
  readonly fixed: number
  /** Words of each of the `vlen` elements. */
  readonly element: number
  /** What the third common word holds. */
  readonly third: 'size' | 'type' | 'none'
}

/** Names of the kinds, as the kernel's `BTF_KIND_*` in lower case. */
export type BtfKind =
  | 'int'
  | 'ptr'
  | 'array'
  | 'struct'
  | 'union'
  | 'enum'
  | 'fwd'
  | 'typedef'
  | 'volatile'
  | 'const'
  | 'restrict'
  | 'func'
  | 'func_proto'
  | 'var'
  | 'datasec'
  | 'float'
  | 'decl_tag'
  | 'type_tag'
  | 'enum64'

/** Every kind that this package decodes. */
export const kindTable: readonly KindRow[] = [
  { number: 1, kind: 'int', fixed: 1, element: 0, third: 'size' },
  { number: 2, kind: 'ptr', fixed: 0, element: 0, third: 'type' },
  { number: 3, kind: 'array', fixed: 3, element: 0, third: 'none' },
  { number: 4, kind: 'struct', fixed: 0, element: 3, third: 'size' },
  { number: 5, kind: 'union', fixed: 0, element: 3, third: 'size' },
  { number: 6, kind: 'enum', fixed: 0, element: 2, third: 'size' },
  { number: 7, kind: 'fwd', fixed: 0, element: 0, third: 'none' },
  { number: 8, kind: 'typedef', fixed: 0, element: 0, third: 'type' },
  { number: 9, kind: 'volatile', fixed: 0, element: 0, third: 'type' },
  { number: 10, kind: 'const', fixed: 0, element: 0, third: 'type' },
  { number: 11, kind: 'restrict', fixed: 0, element: 0, third: 'type' },
  { number: 12, kind: 'func', fixed: 0, element: 0, third: 'type' },
  { number: 13, kind: 'func_proto', fixed: 0, element: 2, third: 'type' },
  { number: 14, kind: 'var', fixed: 1, element: 0, third: 'type' },
  { number: 15, kind: 'datasec', fixed: 0, element: 3, third: 'size' },
  { number: 16, kind: 'float', fixed: 0, element: 0, third: 'size' },
  { number: 17, kind: 'decl_tag', fixed: 1, element: 0, third: 'type' },
  { number: 18, kind: 'type_tag', fixed: 0, element: 0, third: 'type' },
  { number: 19, kind: 'enum64', fixed: 0, element: 3, third: 'size' },
]

/** Words that open every record. */
export const COMMON_WORDS = 3

/** Greatest vlen that the info word can hold. */
export const MAX_VLEN = 0xff_ffff

const byNumber = new Map(kindTable.map((row) => [row.number, row]))
const byKind = new Map(kindTable.map((row) => [row.kind, row]))

/** The row of a kind number, if this package knows it. */
export function kindRow(number: number): KindRow | undefined {
  return byNumber.get(number)
}

/** The number of a kind. */
export function kindNumber(kind: BtfKind): number {
  return byKind.get(kind)?.number ?? 0
}

/** The kind in an info word. */
export const infoKind = (info: number): number => (info >>> 24) & 0x7f
/** The number of elements in an info word. */
export const infoVlen = (info: number): number => info & MAX_VLEN
/** The kind_flag of an info word. */
export const infoFlag = (info: number): boolean => info < 0 || info > 0x7fff_ffff
