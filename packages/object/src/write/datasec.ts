import { type Btf, findType, sizeOf, typeOf } from '@tscc/btf'
import { objectErrors } from '../object-errors.ts'

/** A variable of a section, in bytes from its start. */
export interface SectionVariable {
  readonly name: string
  /** Its type, not the VAR. */
  readonly typeId: number
  readonly offset: number
  readonly size: number
}

/**
 * The variables that BTF says are in a section; `missing-type` where it has no DATASEC of that name. One that nobody filled
 * in yet (size 0, as compilers leave it) gets its variables one behind the other, aligned to 8.
 */
export function sectionVariables(btf: Btf | undefined, section: string): readonly SectionVariable[] {
  const id = btf === undefined ? undefined : findType(btf, section, 'datasec')
  if (btf === undefined || id === undefined)
    throw objectErrors.make('missing-type', { what: `section ${section}`, type: `DATASEC ${section}` })
  const datasec = typeOf(btf, id)
  if (datasec.kind !== 'datasec') return []
  let next = 0
  return datasec.vars.map((place) => {
    const variable = typeOf(btf, place.typeId)
    const typeId = variable.kind === 'var' ? variable.typeId : 0
    const size = place.size !== 0 ? place.size : sizeOf(btf, typeId)
    const offset = datasec.size !== 0 ? place.offset : next
    next = (offset + size + 7) & ~7
    return { name: variable.name, typeId, offset, size }
  })
}

/** The variable of a name; `missing-type` where the section's DATASEC has none. */
export function requireVariable(variables: readonly SectionVariable[], section: string, name: string): SectionVariable {
  const found = variables.find((variable) => variable.name === name)
  if (found !== undefined) return found
  throw objectErrors.make('missing-type', { what: `${section}: ${name}`, type: `VAR ${name} in DATASEC ${section}` })
}
