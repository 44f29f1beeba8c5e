import { type Btf, type DatasecPlaces, typeOf, typesOfKind } from '@tscc/btf'
import type { ElfFile, ElfSection } from './elf-file.ts'

/** A variable where it really lies. */
export interface PlacedVariable {
  readonly name: string
  /** VAR or FUNC. */
  readonly id: number
  readonly offset: number
  readonly size: number
}

/** A DATASEC with the numbers that the compiler left to the linker. */
export interface PlacedDatasec extends DatasecPlaces {
  readonly name: string
  readonly variables: readonly PlacedVariable[]
}

/** The DATASECs of a BTF, placed as sections and symbols say; those of externs have no section and stay as they are. */
export function datasecsOf(btf: Btf, file: ElfFile): readonly PlacedDatasec[] {
  return typesOfKind(btf, 'datasec').flatMap((id): readonly PlacedDatasec[] => {
    const type = typeOf(btf, id)
    if (type.kind !== 'datasec') return []
    const section = file.sections.find((candidate) => candidate.name === type.name)
    const at = section === undefined ? new Map<string, number>() : symbolsIn(file, section)
    const variables = type.vars
      .map((entry): PlacedVariable => {
        const { name } = typeOf(btf, entry.typeId)
        return { name, id: entry.typeId, offset: at.get(name) ?? entry.offset, size: entry.size }
      })
      .toSorted((a, b) => a.offset - b.offset)
    const vars = variables.map((variable) => ({ ...variable, typeId: variable.id }))
    return [{ name: type.name, id, size: section?.size ?? type.size, vars, variables }]
  })
}

function symbolsIn(file: ElfFile, section: ElfSection): ReadonlyMap<string, number> {
  return new Map(
    file.symbols.filter((symbol) => symbol.section === section.index).map((symbol) => [symbol.name, symbol.value]),
  )
}
