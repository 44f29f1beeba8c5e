/** An integer type of the language. */
export interface IntType {
  readonly kind: 'int'
  readonly bits: 8 | 16 | 32 | 64
  readonly signed: boolean
}

/** What an expression can be. */
export type Type =
  | IntType
  | { readonly kind: 'bool' }
  | { readonly kind: 'void' }
  /** A number in the source, which takes the type that is wanted of it. */
  | { readonly kind: 'literal' }
  /** A kernel struct behind a pointer: `path` leads from the struct that the pointer is to, to one within it. */
  | { readonly kind: 'struct'; readonly root: string; readonly path: string; readonly typeId: number }
  /** The private state of a connection as an interface of the program. */
  | { readonly kind: 'private'; readonly layout: PrivateLayout }

/** Where the members of an interface lie in the private state. */
export interface PrivateLayout {
  readonly name: string
  readonly size: number
  readonly fields: ReadonlyMap<string, { readonly offset: number; readonly type: IntType }>
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

export const U32: IntType = int(32, false)
export const S32: IntType = int(32, true)
export const BOOL: Type = { kind: 'bool' }
export const VOID: Type = { kind: 'void' }
export const LITERAL: Type = { kind: 'literal' }

/** What narrow integers compute as: 32 bits of the same sign. */
export function promoted(type: IntType): IntType {
  return type.bits < 32 ? int(32, type.signed) : type
}

/** A type in the program's words. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'int':
      return `${type.signed ? 's' : 'u'}${type.bits}`
    case 'struct':
      return type.path === '' ? type.root : `${type.root}.${type.path}`
    case 'private':
      return type.layout.name
    case 'literal':
      return 'a number'
    default:
      return type.kind
  }
}

/** Least and greatest value of an integer type. */
export function rangeOf({ bits, signed }: IntType): { readonly min: bigint; readonly max: bigint } {
  const size = BigInt(bits)
  return signed ? { min: -(1n << (size - 1n)), max: (1n << (size - 1n)) - 1n } : { min: 0n, max: (1n << size) - 1n }
}

/** Does every value of one type fit the other? */
export function widens(from: IntType, to: IntType): boolean {
  return rangeOf(from).min >= rangeOf(to).min && rangeOf(from).max <= rangeOf(to).max
}
