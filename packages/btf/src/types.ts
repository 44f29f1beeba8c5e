/** A named member of a struct or union. */
export interface BtfMember {
  /** Empty for an anonymous struct, union or padding bitfield. */
  readonly name: string
  readonly typeId: number
  /** From the start of the struct; in big-endian BTF bit 0 of a byte is its most significant one. */
  readonly bitOffset: number
  /** Width of a bitfield, 0 for a plain member. */
  readonly bitSize: number
}

/** A named value of an `enum` (number) or `enum64` (bigint). */
export interface BtfEnumValue<Value extends number | bigint = number | bigint> {
  readonly name: string
  readonly value: Value
}

/** A parameter of a `func_proto`; a last one without name and type stands for `...`. */
export interface BtfParam {
  readonly name: string
  readonly typeId: number
}

/** A variable in a `datasec`, in bytes. */
export interface BtfSecVar {
  readonly typeId: number
  readonly offset: number
  readonly size: number
}

/** `BTF_FUNC_*` and `BTF_VAR_*` linkage 0, 1 and 2. */
export type BtfLinkage = 'static' | 'global' | 'extern'

/** A struct or union, with its members as written: anonymous ones not flattened. */
export interface BtfComposite<Kind extends 'struct' | 'union' = 'struct' | 'union'> {
  readonly kind: Kind
  readonly name: string
  /** In bytes. */
  readonly size: number
  readonly members: readonly BtfMember[]
}

/**
 * One type as plain data: what {@link typeOf} gives and {@link buildBtf} takes. Ids refer to other types, 0 is void.
 * The kinds are the kernel's; `unknown` is a record that can only be stepped over.
 */
export type BtfType =
  | { readonly kind: 'void'; readonly name: '' }
  | {
      readonly kind: 'int'
      readonly name: string
      /** Storage in bytes. */
      readonly size: number
      /** Bits that count, and where they start (0 in all BTF of today). */
      readonly bits: number
      readonly bitOffset: number
      readonly signed: boolean
      readonly char: boolean
      readonly bool: boolean
    }
  | { readonly kind: 'ptr'; readonly name: string; readonly typeId: number }
  | {
      readonly kind: 'array'
      readonly name: string
      readonly typeId: number
      readonly indexTypeId: number
      readonly length: number
    }
  | BtfComposite<'struct'>
  | BtfComposite<'union'>
  | {
      readonly kind: 'enum'
      readonly name: string
      readonly size: number
      /** kind_flag; kernels before 6.0 never set it. */
      readonly signed: boolean
      readonly values: readonly BtfEnumValue<number>[]
    }
  | {
      readonly kind: 'enum64'
      readonly name: string
      readonly size: number
      readonly signed: boolean
      readonly values: readonly BtfEnumValue<bigint>[]
    }
  | { readonly kind: 'fwd'; readonly name: string; readonly of: 'struct' | 'union' }
  | {
      readonly kind: 'typedef' | 'volatile' | 'const' | 'restrict'
      readonly name: string
      readonly typeId: number
    }
  | {
      readonly kind: 'type_tag'
      readonly name: string
      readonly typeId: number
      /** kind_flag (6.15): the name is a whole `__attribute__`, not a `btf_type_tag`. */
      readonly attribute: boolean
    }
  | {
      readonly kind: 'decl_tag'
      readonly name: string
      readonly typeId: number
      /** Index of the member or parameter that is tagged, -1 for the whole declaration. */
      readonly component: number
      readonly attribute: boolean
    }
  | { readonly kind: 'func'; readonly name: string; readonly typeId: number; readonly linkage: BtfLinkage }
  | {
      readonly kind: 'func_proto'
      readonly name: string
      readonly returnTypeId: number
      readonly params: readonly BtfParam[]
    }
  | { readonly kind: 'var'; readonly name: string; readonly typeId: number; readonly linkage: BtfLinkage }
  | {
      readonly kind: 'datasec'
      readonly name: string
      readonly size: number
      readonly vars: readonly BtfSecVar[]
    }
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  | {
      readonly kind: 'unknown'
      readonly name: string
      readonly kindNumber: number
      readonly kindFlag: boolean
      readonly vlen: number
      /** Every word of the record after `info`. */
      readonly words: readonly number[]
    }

/** The type of one kind. */
export type BtfTypeOf<Kind extends BtfType['kind']> = Extract<BtfType, { readonly kind: Kind }>
