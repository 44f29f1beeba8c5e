/**
 * A seeded generator of numbers in [0, 1): Steele and Vigna's SplitMix, 32 bits wide.
 *
 * The same seed gives the same numbers on every machine; `stream` tells generators of one seed apart.
 */
export function seededRandom(seed: number, stream = 0): () => number {
  let state = (seed ^ Math.imul(stream, 0x85eb_ca6b)) >>> 0
  return () => {
    state = (state + 0x9e37_79b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000
  }
}
