/** Never exported by the package, so that no completion shows it: it only tells types apart. */
declare const tag: unique symbol

// A tag is optional (`undefined` is for exactOptionalPropertyTypes), so plain numbers and the results of arithmetic pass; a wider integer takes every narrower one.
export type u8 = number & { readonly [tag]?: 'u8' | undefined }
export type u16 = number & { readonly [tag]?: 'u8' | 'u16' | undefined }
export type u32 = number & { readonly [tag]?: 'u8' | 'u16' | 'u32' | undefined }
export type u64 = number & { readonly [tag]?: 'u8' | 'u16' | 'u32' | 'u64' | undefined }
export type s8 = number & { readonly [tag]?: 's8' | undefined }
export type s16 = number & { readonly [tag]?: 's8' | 's16' | 'u8' | undefined }
export type s32 = number & { readonly [tag]?: 's8' | 's16' | 's32' | 'u8' | 'u16' | undefined }
export type s64 = number & { readonly [tag]?: 's8' | 's16' | 's32' | 's64' | 'u8' | 'u16' | 'u32' | undefined }
export type bool = boolean

/** A number that is of no width yet: a literal, or the result of arithmetic. */
export type Plain = number & { readonly [tag]?: undefined }

/** What a cast takes: any integer, a 64-bit literal such as `0xffff_ffff_ffff_ffffn`, or a truth value (1 or 0). */
export type Castable = number | bigint | boolean

const integer = (x: Castable): bigint => BigInt(typeof x === 'number' ? Math.trunc(x) : x)

/** The low 8 bits, unsigned. */
export function u8(x: Castable): u8 {
  return Number(BigInt.asUintN(8, integer(x)))
}

/** The low 16 bits, unsigned. */
export function u16(x: Castable): u16 {
  return Number(BigInt.asUintN(16, integer(x)))
}

/** The low 32 bits, unsigned. */
export function u32(x: Castable): u32 {
  return Number(BigInt.asUintN(32, integer(x)))
}

/** The low 64 bits, unsigned. In plain JavaScript the result is a number, exact up to 2 ** 53. */
export function u64(x: Castable): u64 {
  return Number(BigInt.asUintN(64, integer(x)))
}

/** The low 8 bits, signed. */
export function s8(x: Castable): s8 {
  return Number(BigInt.asIntN(8, integer(x)))
}

/** The low 16 bits, signed. */
export function s16(x: Castable): s16 {
  return Number(BigInt.asIntN(16, integer(x)))
}

/** The low 32 bits, signed. */
export function s32(x: Castable): s32 {
  return Number(BigInt.asIntN(32, integer(x)))
}

/** The low 64 bits, signed. In plain JavaScript the result is a number, exact up to ±2 ** 53. */
export function s64(x: Castable): s64 {
  return Number(BigInt.asIntN(64, integer(x)))
}

/** Everything but 0 is true. */
export function bool(x: Castable): bool {
  return Boolean(x)
}
