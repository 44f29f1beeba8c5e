import type { Plain } from './integers.ts'

/** What a literal or a result of arithmetic makes of the other operand: a literal counts as a number. */
type Other<T> = T extends Plain ? number : T

/** The smaller one. Both are signed or both unsigned; the wider type wins, a literal takes the other's type. */
export function min<T extends number>(a: Plain, b: T): Other<T>
export function min<T extends number>(a: T, b: T): T
export function min(a: number, b: number): number {
  return Math.min(a, b)
}

/** The larger one. Both are signed or both unsigned; the wider type wins, a literal takes the other's type. */
export function max<T extends number>(a: Plain, b: T): Other<T>
export function max<T extends number>(a: T, b: T): T
export function max(a: number, b: number): number {
  return Math.max(a, b)
}

/** Without its sign. */
export function abs<T extends number>(x: T): T
export function abs(x: number): number {
  return x < 0 ? -x : x
}

/** `x`, but at least `low` and at most `high`. */
export function clamp<T extends number>(x: T, low: T, high: T): T
export function clamp(x: number, low: number, high: number): number {
  return min(max(x, low), high)
}
