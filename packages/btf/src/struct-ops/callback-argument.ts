/** An argument of a callback, as a program asks for it. */
export interface CallbackArgument {
  /** Empty: by position alone. */
  readonly name: string
  /** Name of the struct that it points to. */
  readonly pointee?: string
  /** Position among the `arity` arguments that the program was written for. */
  readonly index: number
  /** Where the kernel passes another number of arguments, `name` has to tell; absent: any number will do. */
  readonly arity?: number
}

/**
 * Where a kernel passes an argument: found by what it points to, then by position or name; undefined when it passes none
 * such. `pointees` are the kernel's, in order; its `names` are asked for only where they decide.
 */
export function argumentIndex(
  wanted: CallbackArgument,
  pointees: readonly string[],
  names: () => readonly string[],
): number | undefined {
  const byPointee = pointees.flatMap((pointee, index) => (pointee !== '' && pointee === wanted.pointee ? [index] : []))
  const [only] = byPointee
  if (byPointee.length === 1 && only !== undefined) return only
  // Several of one kind, and as many arguments as the program was written for.
  if (wanted.arity === pointees.length && byPointee.includes(wanted.index)) return wanted.index
  // As many arguments as the program was written for: then they are those. Otherwise their names have to tell.
  const asWritten = wanted.name === '' || (wanted.arity === pointees.length && wanted.pointee === undefined)
  if (asWritten && wanted.index < pointees.length) return wanted.index
  const byName = wanted.name === '' ? -1 : names().indexOf(wanted.name)
  return byName >= 0 ? byName : undefined
}
