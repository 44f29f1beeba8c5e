/** The smaller one. Both are signed or both unsigned; the wider type wins. */
export function min<T extends number>(a: T, b: T): T {
  return a < b ? a : b
}

/** The larger one. Both are signed or both unsigned; the wider type wins. */
export function max<T extends number>(a: T, b: T): T {
  return a > b ? a : b
}

/** Without its sign. */
export function abs<T extends number>(x: T): T {
  // `-x` is a plain number to TypeScript
  return x < 0 ? (-x as T) : x
}

/** `x`, but at least `low` and at most `high`. */
export function clamp<T extends number>(x: T, low: T, high: T): T {
  return min(max(x, low), high)
}
