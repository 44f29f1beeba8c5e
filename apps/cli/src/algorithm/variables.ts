import { type Btf, parseBtf, skipModifiers, typeOf, typeText } from '@tscc/btf'
import { type BpfObject, type VariableValue, variablesOf } from '@tscc/object'

/** A variable of an object: set before loading, or shared with the program while it runs. */
export interface ObjectVariableView {
  readonly name: string
  /** `tunable`: constant once loaded. */
  readonly kind: 'tunable' | 'global'
  readonly type: string
  /** First value. */
  readonly value: VariableValue
}

/** The variables that `--set` takes, in the order of their maps. */
export function variableViews({ maps, btf }: BpfObject): readonly ObjectVariableView[] {
  if (btf === undefined) return []
  const types = parseBtf(btf, { pointerSize: 8 })
  return maps
    .filter((map) => map.kind === 'rodata' || map.kind === 'data' || map.kind === 'bss')
    .flatMap((map) => {
      const memory = new Uint8Array(map.valueSize)
      memory.set(map.data)
      const values = variablesOf(map, btf, memory)
      return map.variables
        .filter(({ linkage, typeId }) => linkage !== 'static' && typeId !== 0)
        .map(({ name, typeId }) => ({
          name,
          kind: map.kind === 'rodata' ? ('tunable' as const) : ('global' as const),
          type: typeName(types, typeId),
          value: values.get(name),
        }))
    })
}

/** Integers as the language calls them, everything else as C does. */
function typeName(btf: Btf, typeId: number): string {
  const type = typeOf(btf, skipModifiers(btf, typeId))
  if (type.kind !== 'int') return typeText(btf, typeId)
  return type.bool ? 'bool' : `${type.signed ? 's' : 'u'}${8 * type.size}`
}

/** A value as `--set` takes it. */
export function valueText(value: VariableValue): string {
  if (typeof value !== 'object') return String(value)
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one))
}
