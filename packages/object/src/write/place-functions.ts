import { STT } from '../elf-format.ts'
import type { ObjectFunction } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import { bindOf, type ElfSymbol } from './symbols.ts'

/** A function in its section. */
export interface PlacedFunction {
  readonly index: number
  readonly function: ObjectFunction
  /** Bytes from the section's start. */
  readonly at: number
  symbol(section: number): ElfSymbol
}

/** A section of code. */
export interface CodeSection {
  readonly name: string
  readonly functions: readonly PlacedFunction[]
}

/** Functions by section, in the order in which the sections are first named. */
export function placeFunctions(functions: readonly ObjectFunction[]): readonly CodeSection[] {
  const sections = new Map<string, PlacedFunction[]>()
  for (const [index, f] of functions.entries()) {
    if (f.section === '' || f.section.includes('\0'))
      throw objectErrors.make('bad-object', { what: f.name, why: `section '${f.section}' is no name` })
    const placed = sections.get(f.section) ?? []
    sections.set(f.section, placed)
    const last = placed.at(-1)
    const at = last === undefined ? 0 : last.at + last.function.code.length
    placed.push({
      index,
      function: f,
      at,
      symbol: (section) => ({
        name: f.name,
        bind: bindOf(f.linkage),
        type: STT.FUNC,
        hidden: f.hidden,
        section,
        value: at,
        size: f.code.length,
      }),
    })
  }
  return [...sections].map(([name, placed]) => ({ name, functions: placed }))
}
