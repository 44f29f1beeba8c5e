/** Numbers of one seed, for tests that print it. */
export interface Random {
  /** 0 to before `count`. */
  below(count: number): number
  pick<T>(items: readonly T[]): T
  chance(part: number): boolean
  /** An integer of 64 bits: small, at an edge, or any. */
  wide(): bigint
  /** One of 32 bits, signed. */
  s32(): number
}

const EDGES = [0n, 1n, -1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 2n ** 63n, 2n ** 63n - 1n, 0x80n, 0x8000n]

export function randomOf(seed: number): Random {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0 || 1
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    let value = state
    value ^= value >>> 15
    value = Math.imul(value, 0x2c1b3c6d)
    value ^= value >>> 12
    return (value ^ (value >>> 15)) >>> 0
  }
  const below = (count: number): number => Math.floor((next() / 2 ** 32) * count)
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }
  const wide = (): bigint => {
    const kind = below(3)
    if (kind === 0) return BigInt(below(100) - 50)
    if (kind === 1) return pick(EDGES)
    return (BigInt(next()) << 32n) | BigInt(next())
  }
  return {
    below,
    pick,
    chance: (part) => next() / 2 ** 32 < part,
    wide,
    s32: () => Number(BigInt.asIntN(32, wide())),
  }
}

/** `FUZZ_FACTOR` times as many, and a seed that is another each time unless `VM_SEED` says which. */
export const factor = Number(process.env.FUZZ_FACTOR ?? '1')
export const firstSeed = Number(process.env.VM_SEED ?? Math.floor(Math.random() * 1e9))
