/**
 * How many parameters helpers have, a digit each from number 1 on, by their prototypes in include/uapi/linux/bpf.h. Compilers
 * set no more registers than these, so that the verifier cannot ask for more.
 */
const COUNTS =
  '2423050055533002131442215435333231032322103231125434424352242243254544444434141024255132244311111155' +
  '4333444215533332104451130531243222211111444342335414212420203154534132311113414543321011445332314422' +
  '55333220442'

/** Calls take what they need in r1 to r5. */
export const MOST_PARAMETERS = 5

/** How many of r1 to r5 a helper reads; all five where nothing is known of it. */
export function helperParameters(helper: number): number {
  const count = helper >= 1 ? COUNTS[helper - 1] : undefined
  return count === undefined ? MOST_PARAMETERS : Number(count)
}
