import { onlyCompiled } from './bpf-errors.ts'
import type { u32 } from './integers.ts'

/** Never exported by the package: tells arrays of different lengths apart. */
declare const length: unique symbol

/** An array of a fixed length, local or within a struct: `const a: FixedArray<u32, 4> = [1, 2, 3, 4]`. */
export interface FixedArray<T, Length extends number> {
  readonly [length]?: Length | undefined
  readonly length: number
  [index: number]: T
}

/** A number that user space sets before the program is loaded; the program reads it as a constant. */
export interface Tunable<T> {
  value: T
}

/** A variable that all of the object's programs and user space share. */
export interface Global<T> {
  value: T
}

/** `export const alpha = tunable<u32>(2)`: set at load time, constant to the program, read as `alpha.value`. */
export function tunable<T extends number | boolean>(init: T | (T extends number ? bigint : never)): Tunable<T>
export function tunable(): never {
  return onlyCompiled('tunable')
}

/** `export const losses = global<u64>()`: zero unless given a value, `losses.value++` in the program. */
export function global<T extends number | boolean | object>(init?: T | (T extends number ? bigint : never)): Global<T>
export function global(): never {
  return onlyCompiled('global')
}

/** Bytes that a type takes, `sizeof<Flow>()`, or a value. */
export function sizeof<T>(value?: T): u32
export function sizeof(): never {
  return onlyCompiled('sizeof')
}
