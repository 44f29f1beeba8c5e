/** A source of 32-bit numbers that gives the same ones for the same seed (xorshift of Marsaglia, 2003: 13, 17, 5). */
export function seededRandom(seed: number): () => number {
  // Spread small seeds; zero would stay zero
  let state = Math.imul(seed | 0, 0x9e37_79b1) ^ 0x85eb_ca6b
  if (state === 0) state = 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
