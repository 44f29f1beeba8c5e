import { type Btf, parseBtf, skipModifiers, typeOf, typeText } from '@tscc/btf'
import { type BpfObject, firstValues, type VariableValue } from '@tscc/object'

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
export function variableViews(object: BpfObject): readonly ObjectVariableView[] {
  if (object.btf === undefined) return []
  const types = parseBtf(object.btf, { pointerSize: 8 })
  return firstValues(object).map(({ name, typeId, kind, value }) => ({
    name,
    kind: kind === 'rodata' ? 'tunable' : 'global',
    type: typeName(types, typeId),
    value,
  }))
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
