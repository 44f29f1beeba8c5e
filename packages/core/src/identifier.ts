/** A name as C has them: what no name may hold becomes `_`. */
export const identifier = (name: string): string => name.replace(/^(?=\d)|\W/g, '_')

/** A name that nothing else has, with as many `_` behind as that takes; from then on it is taken. */
export function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  while (taken.has(name)) name += '_'
  taken.add(name)
  return name
}
