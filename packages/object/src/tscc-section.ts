import type { ArgumentRef, ObjectFunction } from './model.ts'

/** The section for what only tscc knows; every other loader steps over it. */
export const TSCC_SECTION = '.tscc'

/** What ELF and BTF have no place for, about one function. */
export interface TsccFunction {
  readonly section: string
  readonly name: string
  /** Loads of arguments that are bound to where the target kernel passes them. */
  readonly arguments: readonly { readonly at: number; readonly argument: ArgumentRef }[]
  /** Addends of CO-RE relocations, by slot. */
  readonly addends: readonly { readonly at: number; readonly kind: string; readonly addend: number }[]
}

/** The rows of an object; none where other formats say it all. */
export function tsccFunctions(functions: readonly ObjectFunction[]): readonly TsccFunction[] {
  return functions.flatMap((f) => {
    const bound = f.relocations.flatMap(({ at, ...r }) =>
      r.kind === 'argument' ? [{ at, argument: argumentRow(r.argument) }] : [],
    )
    const addends = f.coreRelocations.flatMap(({ at, kind, addend = 0 }) =>
      addend === 0 ? [] : [{ at, kind, addend }],
    )
    return bound.length + addends.length === 0 ? [] : [{ section: f.section, name: f.name, arguments: bound, addends }]
  })
}

/** Keys in one order, whoever made the object. */
const argumentRow = ({ name, pointee, index, arity }: ArgumentRef): ArgumentRef => ({
  name,
  ...(pointee === undefined ? {} : { pointee }),
  index,
  ...(arity === undefined ? {} : { arity }),
})

/**
 * The section's content: a line of JSON, `{"version":1,"functions":[…]}`. Linkers that put sections of one name behind each
 * other make several lines of it, which is why functions go by name.
 */
export function encodeTsccSection(functions: readonly TsccFunction[]): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ version: 1, functions })}\n`)
}
