// What the language says of numbers (LANGUAGE.md), on JavaScript's bigint: the reference that compiled programs are held to.

/** Integer types. */
export const intNames = ['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64'] as const
export type IntName = (typeof intNames)[number]
/** Types that expressions compute in. */
export const wideNames = ['u32', 'u64', 's32', 's64'] as const
export type WideName = (typeof wideNames)[number]
export type ScalarName = IntName | 'bool'

export const bitsOf = (type: IntName): number => Number(type.slice(1))
export const isSigned = (type: IntName): boolean => type.startsWith('s')
export const bytesOf = (type: ScalarName): number => (type === 'bool' ? 1 : bitsOf(type) / 8)
const named = (bits: number, signed: boolean): IntName => `${signed ? 's' : 'u'}${bits}` as IntName // bits are 8 to 64

/** A value cut to a type. */
export function cut(type: ScalarName, value: bigint): bigint {
  if (type === 'bool') return value === 0n ? 0n : 1n
  return isSigned(type) ? BigInt.asIntN(bitsOf(type), value) : BigInt.asUintN(bitsOf(type), value)
}

/** What narrow numbers compute as: 32 bits of the same sign. */
export const promoted = (type: IntName): WideName => named(Math.max(32, bitsOf(type)), isSigned(type)) as WideName // at least 32

/** Does every value of one type fit the other? */
export const widens = (from: IntName, to: IntName): boolean =>
  isSigned(from) === isSigned(to) ? bitsOf(from) <= bitsOf(to) : isSigned(to) && bitsOf(from) < bitsOf(to)

/** The type that two operands are computed in: the wider one's; of equal width, without a sign if one has none. */
export function common(left: IntName, right: IntName): WideName {
  const [a, b] = [promoted(left), promoted(right)]
  if (widens(a, b)) return b
  if (widens(b, a)) return a
  return named(Math.max(bitsOf(a), bitsOf(b)), false) as WideName // one of the two is of 32 or 64 bits
}

export const operators = ['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>'] as const
export type Operator = (typeof operators)[number]
export const comparisons = ['<', '<=', '>', '>=', '===', '!=='] as const
export type Comparison = (typeof comparisons)[number]

/** Is the result another one with a sign than without? Such operators take no mix of the two. */
export const needsOneSign = (operator: Operator | Comparison): boolean => /^(?:[/%<>]=?)$/.test(operator)

/** The type of `left operator right`; a shift has that of what is shifted. */
export const resultType = (operator: Operator, left: IntName, right: IntName): WideName =>
  operator === '<<' || operator === '>>' ? promoted(left) : common(left, right)

/**
 * `a operator b` in a type: it wraps; a shift's count counts modulo the width; division by zero gives 0, the remainder of it
 * the dividend (RFC 9669); signed division rounds to zero.
 */
export function calculate(operator: Operator, type: WideName, left: bigint, right: bigint): bigint {
  const [a, b] = [cut(type, left), cut(type, right)]
  const by = BigInt.asUintN(64, right) & BigInt(bitsOf(type) - 1)
  switch (operator) {
    case '+':
      return cut(type, a + b)
    case '-':
      return cut(type, a - b)
    case '*':
      return cut(type, a * b)
    case '/':
      return b === 0n ? 0n : cut(type, a / b)
    case '%':
      return b === 0n ? a : cut(type, a % b)
    case '&':
      return cut(type, a & b)
    case '|':
      return cut(type, a | b)
    case '^':
      return cut(type, a ^ b)
    case '<<':
      return cut(type, a << by)
    case '>>':
      return cut(type, a >> by)
  }
}

export function compare(operator: Comparison, a: bigint, b: bigint): boolean {
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '===':
      return a === b
    case '!==':
      return a !== b
  }
}

/** Numbers from a seed, the same every time. */
export interface Random {
  /** A whole number from 0 on, below a limit. */
  below(limit: number): number
  /** True so many times of a hundred. */
  percent(chance: number): boolean
  one<T>(items: readonly T[]): T
  /** A value of a type, often one at an edge. */
  value(type: ScalarName): bigint
}

export function random(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1
  const below = (limit: number): number => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % limit
  }
  const one = <T>(items: readonly T[]): T => items[below(items.length)] as T // there are some
  const edges = [0n, 1n, 2n, -1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn]
  const wide = [0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 1n << 63n]
  for (let i = 0; i < 4; i++) below(2)
  return {
    below,
    percent: (chance) => below(100) < chance,
    one,
    value(type) {
      const kind = below(4)
      if (kind === 0) return cut(type, one([...edges, ...wide]))
      if (kind === 1) return cut(type, BigInt(below(16)))
      return cut(type, (BigInt(below(2 ** 31)) << 33n) ^ BigInt(below(2 ** 31)) ^ (BigInt(below(4)) << 31n))
    },
  }
}
