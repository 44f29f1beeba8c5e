import type { BtfType } from './types.ts'

/** The same type with every id that it refers to (void, 0, excepted) replaced. */
export function mapTypeIds(type: BtfType, map: (id: number) => number): BtfType {
  const to = (id: number): number => (id === 0 ? 0 : map(id))
  const inner = <T extends { readonly typeId: number }>(entries: readonly T[]): readonly T[] =>
    entries.map((entry) => ({ ...entry, typeId: to(entry.typeId) }))
  switch (type.kind) {
    case 'void':
    case 'int':
    case 'enum':
    case 'enum64':
    case 'fwd':
    case 'float':
    case 'unknown':
      return type
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
    case 'decl_tag':
    case 'func':
    case 'var':
      return { ...type, typeId: to(type.typeId) }
    case 'array':
      return { ...type, typeId: to(type.typeId), indexTypeId: to(type.indexTypeId) }
    case 'struct':
    case 'union':
      return { ...type, members: inner(type.members) }
    case 'func_proto':
      return { ...type, returnTypeId: to(type.returnTypeId), params: inner(type.params) }
    case 'datasec':
      return { ...type, vars: inner(type.vars) }
  }
}

/** Every id that a type refers to, void excepted, in order. */
export function referencesOf(type: BtfType): readonly number[] {
  const ids: number[] = []
  mapTypeIds(type, (id) => {
    ids.push(id)
    return id
  })
  return ids
}

/**
 * The types in the order that kernels from 7.0 on use (anonymous first, then by the bytes of the name), with ids and
 * references renumbered. `firstId` is the id of the first type before and after.
 */
export function sortTypes(types: readonly BtfType[], firstId = 1): readonly BtfType[] {
  const encoder = new TextEncoder()
  const keyed = types.map((type, i) => ({ type, id: firstId + i, key: encoder.encode(type.name) }))
  keyed.sort((a, b) => compareBytes(a.key, b.key) || a.id - b.id)
  const moved = new Map(keyed.map(({ id }, i) => [id, firstId + i]))
  return keyed.map(({ type }) => mapTypeIds(type, (id) => moved.get(id) ?? id))
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
