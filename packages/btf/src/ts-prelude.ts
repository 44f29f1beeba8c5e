/** Stands at the top of every declaration file: integers that keep their widths apart, and what C has and TypeScript lacks. */
export const TS_PRELUDE = `export {}

/** Never exported, so that no completion shows it: it only tells types apart. */
declare const tag: unique symbol

// A tag is optional, so plain numbers and the results of arithmetic pass; a wider integer takes every narrower one.
export type u8 = number & { readonly [tag]?: 'u8' }
export type u16 = number & { readonly [tag]?: 'u8' | 'u16' }
export type u32 = number & { readonly [tag]?: 'u8' | 'u16' | 'u32' }
export type u64 = number & { readonly [tag]?: 'u8' | 'u16' | 'u32' | 'u64' }
export type s8 = number & { readonly [tag]?: 's8' }
export type s16 = number & { readonly [tag]?: 's8' | 's16' | 'u8' }
export type s32 = number & { readonly [tag]?: 's8' | 's16' | 's32' | 'u8' | 'u16' }
export type s64 = number & { readonly [tag]?: 's8' | 's16' | 's32' | 's64' | 'u8' | 'u16' | 'u32' }
export type bool = boolean

/** Something of the kernel that can be passed on but not looked into. */
export interface Opaque<Name extends string> {
  readonly [tag]?: Name
}
/** A pointer to scalars: \`value\` is the first. */
export interface Pointer<T> {
  value: T
  [index: number]: T
}
export interface ReadonlyPointer<T> {
  readonly value: T
  readonly [index: number]: T
}
export interface KernelArray<T, Length extends number> {
  readonly length: Length
  [index: number]: T
}
export interface ReadonlyKernelArray<T, Length extends number> {
  readonly length: Length
  readonly [index: number]: T
}
`

/** Names of the prelude and of TypeScript, which a kernel type cannot take. */
export const TS_TAKEN: ReadonlySet<string> = new Set(
  `u8 u16 u32 u64 s8 s16 s32 s64 bool tag Opaque Pointer ReadonlyPointer KernelArray ReadonlyKernelArray any bigint boolean never null number object
  string symbol undefined unknown void`.split(/\s+/),
)

/** What a module that stands in for the prelude exports: these, and `<module>/kernel` with an interface KernelTypes. */
export const TS_PRELUDE_NAMES: readonly string[] =
  'bool KernelArray Opaque Pointer ReadonlyKernelArray ReadonlyPointer s16 s32 s64 s8 u16 u32 u64 u8'.split(' ')

/** Words that cannot name a parameter or a function. */
export const TS_RESERVED: ReadonlySet<string> = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends
  false finally for function if implements import in instanceof interface let new null package private protected
  public return static super switch this throw true try typeof var void while with yield`.split(/\s+/),
)
