/** Numbers as bits, 32 in a word; many sets may lie behind each other in one. */
export type BitSet = Uint32Array

/** Is a number in a set that begins at a word? */
export const isInSet = (set: BitSet, from: number, number: number): boolean =>
  ((set[from + (number >>> 5)] ?? 0) & (1 << (number & 31))) !== 0

/** Put a number into a set that begins at a word. */
export function addTo(set: BitSet, from: number, number: number): void {
  const at = from + (number >>> 5)
  set[at] = (set[at] ?? 0) | (1 << (number & 31))
}

/** Take a number out of a set that begins at a word. */
export function dropFrom(set: BitSet, from: number, number: number): void {
  const at = from + (number >>> 5)
  set[at] = (set[at] ?? 0) & ~(1 << (number & 31))
}

/** Take what is in another set out of one that begins at a word. */
export function takeFrom(set: BitSet, from: number, other: BitSet): void {
  for (let i = 0; i < other.length; i++) set[from + i] = (set[from + i] ?? 0) & ~(other[i] ?? 0)
}

/** Put what is in another set into one that begins at a word. */
export function addAllTo(set: BitSet, from: number, other: BitSet): void {
  for (let i = 0; i < other.length; i++) set[from + i] = (set[from + i] ?? 0) | (other[i] ?? 0)
}

/** Each number of a word of a set, from the lowest to the highest. */
export function eachBit(bits: number, word: number, look: (number: number) => void): void {
  for (let more = bits; more !== 0; more &= more - 1) look((word << 5) + 31 - Math.clz32(more & -more))
}
