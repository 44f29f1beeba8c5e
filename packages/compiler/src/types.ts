/** An integer type of the language. */
export interface IntType {
  readonly kind: 'int'
  readonly bits: 8 | 16 | 32 | 64
  readonly signed: boolean
}

/** An interface of the program: values of it lie in memory. */
export interface RecordType {
  readonly kind: 'record'
  readonly layout: Layout
}

/** So many of one type, one behind the other. */
export interface ArrayType {
  readonly kind: 'array'
  readonly element: DataType
  readonly length: number
}

/** What can lie in memory of the program's own: private state, maps, globals, the stack. */
export type DataType = IntType | { readonly kind: 'bool' } | RecordType | ArrayType

/** What an expression can be. */
export type Type =
  | DataType
  | { readonly kind: 'void' }
  /** A number in the source, which takes the type that is wanted of it. */
  | { readonly kind: 'literal' }
  | { readonly kind: 'null' }
  /** A text in the source. */
  | { readonly kind: 'text'; readonly text: string }
  /** A kernel struct behind a pointer: `path` leads from the struct that the pointer is to, to one within it. */
  | StructType
  /** An array within a kernel struct. */
  | {
      readonly kind: 'kernelArray'
      readonly root: string
      readonly path: string
      readonly element: IntType | StructType
      readonly length: number
    }
  /** Where a single number lies: `.value` of what a lookup gives. */
  | { readonly kind: 'pointer'; readonly to: DataType }
  /** What may be null, and has to be looked at first. */
  | { readonly kind: 'nullable'; readonly of: Type }
  /** A map, a global or a tunable of the module. */
  | { readonly kind: 'handle'; readonly name: string }
  /** Of a name whose declaration is wrong: what uses it is not told again. */
  | { readonly kind: 'error' }

/** A kernel struct. */
export interface StructType {
  readonly kind: 'struct'
  readonly root: string
  readonly path: string
  readonly typeId: number
}

/** Where the members of an interface lie, as C would have it. */
export interface Layout {
  readonly name: string
  /** The declaration that it is of. */
  readonly node?: object
  readonly size: number
  readonly align: number
  readonly fields: ReadonlyMap<string, { readonly offset: number; readonly type: DataType }>
  /** It is a place for one of these structs of the kernel, which only an exchange reaches. */
  readonly kptr?: string
}

/** What only helpers look into; the kernel finds it in values of maps by the name of its type. */
export const kernelValues: ReadonlyMap<string, Layout> = new Map([
  ['bpf_timer', { name: 'bpf_timer', size: 16, align: 8, fields: new Map() }],
])

const kptrs = new Map<string, Layout>()

/** `Kptr<sk_buff>`: the same layout each time. */
export function kptrLayout(struct: string): Layout {
  const known = kptrs.get(struct)
  if (known !== undefined) return known
  const made: Layout = { name: `Kptr<${struct}>`, size: 8, align: 8, fields: new Map(), kptr: struct }
  kptrs.set(struct, made)
  return made
}

const int = (bits: IntType['bits'], signed: boolean): IntType => ({ kind: 'int', bits, signed })

/** The integer types by name. */
export const intTypes: ReadonlyMap<string, IntType> = new Map([
  ['u8', int(8, false)],
  ['u16', int(16, false)],
  ['u32', int(32, false)],
  ['u64', int(64, false)],
  ['s8', int(8, true)],
  ['s16', int(16, true)],
  ['s32', int(32, true)],
  ['s64', int(64, true)],
])

export const U8: IntType = int(8, false)
export const U32: IntType = int(32, false)
export const U64: IntType = int(64, false)
export const S32: IntType = int(32, true)
export const S64: IntType = int(64, true)
export const BOOL: { readonly kind: 'bool' } = { kind: 'bool' }
export const VOID: Type = { kind: 'void' }
export const LITERAL: Type = { kind: 'literal' }
export const NULL: Type = { kind: 'null' }

/** What narrow integers compute as: 32 bits of the same sign. */
export function promoted(type: IntType): IntType {
  return type.bits < 32 ? (type.signed ? S32 : U32) : type
}

/** Bytes of a type in memory. */
export function sizeOfData(type: DataType): number {
  switch (type.kind) {
    case 'int':
      return type.bits / 8
    case 'bool':
      return 1
    case 'record':
      return type.layout.size
    case 'array':
      return type.length * sizeOfData(type.element)
  }
}

/** What a type's place in memory is a multiple of. */
export function alignOfData(type: DataType): number {
  switch (type.kind) {
    case 'record':
      return type.layout.align
    case 'array':
      return alignOfData(type.element)
    default:
      return sizeOfData(type)
  }
}

/** Can it lie in memory? */
export const isData = (type: Type): type is DataType =>
  type.kind === 'int' || type.kind === 'bool' || type.kind === 'record' || type.kind === 'array'

/** Each of these structs begins with the one before: the same socket. */
const SOCKETS: ReadonlySet<string> = new Set(['sock', 'inet_sock', 'inet_connection_sock', 'tcp_sock'])

/** A whole socket, as one of the structs that it begins with. */
export const isSocket = (type: Type): boolean => type.kind === 'struct' && type.path === '' && SOCKETS.has(type.root)

/** Is a value of it the address of something? */
export const isAddress = (type: Type): boolean =>
  type.kind === 'struct' ||
  type.kind === 'record' ||
  type.kind === 'array' ||
  type.kind === 'kernelArray' ||
  type.kind === 'pointer' ||
  type.kind === 'nullable' ||
  type.kind === 'null'

/** A type in the program's words. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'int':
      return `${type.signed ? 's' : 'u'}${type.bits}`
    case 'struct':
      return type.path === '' ? type.root : `${type.root}.${type.path}`
    case 'record':
      return type.layout.name
    case 'array':
      return `FixedArray<${typeName(type.element)}, ${type.length}>`
    case 'kernelArray':
      return `${type.root}.${type.path}`
    case 'pointer':
      return `a pointer to ${typeName(type.to)}`
    case 'nullable':
      return `${typeName(type.of)} | null`
    case 'void':
      return 'nothing'
    case 'literal':
      return 'a number'
    case 'text':
      return 'a text'
    case 'handle':
      return type.name
    default:
      return type.kind
  }
}

/** The same type, of the same places. */
export function sameType(a: Type, b: Type): boolean {
  if (a.kind !== b.kind) return false
  if (a.kind === 'int' && b.kind === 'int') return a.bits === b.bits && a.signed === b.signed
  if (a.kind === 'struct' && b.kind === 'struct') return a.root === b.root && a.path === b.path
  if (a.kind === 'record' && b.kind === 'record') return a.layout === b.layout
  if (a.kind === 'array' && b.kind === 'array') return a.length === b.length && sameType(a.element, b.element)
  if (a.kind === 'pointer' && b.kind === 'pointer') return sameType(a.to, b.to)
  if (a.kind === 'nullable' && b.kind === 'nullable') return sameType(a.of, b.of)
  return a.kind === 'bool' || a.kind === 'void' || a.kind === 'null'
}

interface Range {
  readonly min: bigint
  readonly max: bigint
}

const unsignedRange = (bits: bigint): Range => ({ min: 0n, max: (1n << bits) - 1n })
const signedRange = (bits: bigint): Range => ({ min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n })

const UNSIGNED_RANGES = { 8: unsignedRange(8n), 16: unsignedRange(16n), 32: unsignedRange(32n), 64: unsignedRange(64n) }
const SIGNED_RANGES = { 8: signedRange(8n), 16: signedRange(16n), 32: signedRange(32n), 64: signedRange(64n) }

/** Least and greatest value of an integer type. */
export function rangeOf({ bits, signed }: IntType): Range {
  return signed ? SIGNED_RANGES[bits] : UNSIGNED_RANGES[bits]
}

/** Does every value of one type fit the other? */
export function widens(from: IntType, to: IntType): boolean {
  if (from.signed === to.signed) return from.bits <= to.bits
  return to.signed && from.bits < to.bits
}
