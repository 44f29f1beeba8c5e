import type { Graph } from './interference.ts'

/** A graph in which copies have become one register, and what each register is called in it. */
export interface Coalesced {
  readonly graph: Graph
  nameOf(register: number): number
}

/**
 * Make registers that are copies of each other one, where they are not alive together: `all` of them, or those of which it
 * is `safe` that it leaves as many colours as there were. The graph is changed.
 */
export function coalesce(graph: Graph, temporary: ReadonlySet<number>, rule: 'all' | 'safe'): Coalesced {
  const count = graph.degree.length
  const names = new Int32Array(count)
  for (let register = 0; register < count; register++) names[register] = register
  const nameOf = (register: number): number => {
    let name = register
    for (let next = names[name] ?? name; next !== name; next = names[name] ?? name) name = next
    return name
  }
  const { near, pairs, degree, allowed, uses, gone } = graph
  for (let changed = true; changed; ) {
    changed = false
    for (const [one, other] of graph.moves) {
      const [a, b] = [nameOf(one), nameOf(other)]
      if (a === b || pairs.has(a, b) || temporary.has(a) || temporary.has(b)) continue
      const [mine, theirs] = [near[a], near[b]]
      if (mine === undefined || theirs === undefined) continue
      const both = (allowed[a] ?? 0) & (allowed[b] ?? 0)
      // Something must be left beside those neighbours that have no choice.
      if ((both & ~taken(graph, mine) & ~taken(graph, theirs)) === 0) continue
      if (rule === 'safe' && !isSafe(graph, a, b, both)) continue
      names[b] = a
      gone[b] = 1
      changed = true
      allowed[a] = both
      uses[a] = (uses[a] ?? 0) + (uses[b] ?? 0)
      for (const neighbour of theirs) {
        if (gone[neighbour] === 1) continue
        if (pairs.has(a, neighbour)) {
          degree[neighbour] = (degree[neighbour] ?? 0) - 1
          continue
        }
        pairs.add(a, neighbour)
        near[neighbour]?.push(a)
        mine.push(neighbour)
        degree[a] = (degree[a] ?? 0) + 1
      }
    }
  }
  const moves = graph.moves
    .map(([one, other]): readonly [number, number] => [nameOf(one), nameOf(other)])
    .filter(([one, other]) => one !== other)
  return { graph: { ...graph, moves }, nameOf }
}

/** One that may be changed. */
export const copyOf = (from: Graph): Graph => ({
  ...from,
  near: from.near.map((others) => others.slice()),
  pairs: from.pairs.copy(),
  degree: from.degree.slice(),
  allowed: from.allowed.slice(),
  uses: from.uses.slice(),
  gone: from.gone.slice(),
})

/** Colours that neighbours have for certain. */
function taken({ allowed, gone }: Graph, near: readonly number[]): number {
  let found = 0
  for (const one of near) {
    const own = allowed[one] ?? 0
    if ((own & (own - 1)) === 0 && gone[one] === 0) found |= own
  }
  return found
}

/** Briggs: with fewer troublesome neighbours than colours, something is left for what two become. */
function isSafe({ near, pairs, allowed, degree, gone }: Graph, a: number, b: number, both: number): boolean {
  const most = bitCount(both)
  let trouble = 0
  const isTrouble = (one: number): boolean => {
    const own = allowed[one] ?? 0
    return gone[one] === 0 && (own & both) !== 0 && (degree[one] ?? 0) >= bitCount(own)
  }
  for (const one of near[a] ?? []) if (isTrouble(one) && ++trouble === most) return false
  for (const one of near[b] ?? []) if (!pairs.has(a, one) && isTrouble(one) && ++trouble === most) return false
  return true
}

/** How many bits are set. */
export function bitCount(bits: number): number {
  let found = 0
  for (let left = bits; left !== 0; left &= left - 1) found++
  return found
}
