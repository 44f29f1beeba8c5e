import type { KernelEnums, KernelStructOps, KernelStructs } from './generated/kernel-types.ts'
import type { AccessSize } from './spec.ts'

export type { KernelEnums, KernelStructOps, KernelStructs }

/** A kernel struct whose fields the generated types know. */
export type StructName = keyof KernelStructs & string

/** Scalar fields of a struct: what one load can read. */
export type ScalarField<S extends StructName> = {
  [F in keyof KernelStructs[S]]: KernelStructs[S][F] extends 'none' ? never : F
}[keyof KernelStructs[S]] &
  string

/** Widths that the generated types use: the signed twin of a width is as wide. */
type Twin<A extends AccessSize> = A | (A extends `u${infer Bits}` ? `s${Bits}` : never)

/** Fields of a struct that are exactly as wide as the access. */
export type FieldOfSize<S extends StructName, A extends AccessSize> = {
  [F in keyof KernelStructs[S]]: KernelStructs[S][F] extends Twin<A> | (A extends 'u64' ? 'ptr' : never) ? F : never
}[keyof KernelStructs[S]] &
  string

/** Fields that a store of their own width may be asked for: bitfields are not among them. */
export type StorableField<S extends StructName> = {
  [F in keyof KernelStructs[S]]: KernelStructs[S][F] extends Twin<AccessSize> ? F : never
}[keyof KernelStructs[S]] &
  string

/** A struct_ops type that the generated types know. */
export type StructOpsName = keyof KernelStructOps & string

/** Callbacks of a struct_ops type. */
export type CallbackName<T extends StructOpsName> = keyof KernelStructOps[T] & string

/** An enum that the generated types know, and its constants. */
export type EnumName = keyof KernelEnums & string
export type EnumConstant<E extends EnumName> = KernelEnums[E] & string
