import { type Btf, nameOf } from './btf.ts'
import { buildBtf } from './build.ts'
import { requireType } from './find.ts'
import { typesOfKind } from './query.ts'
import { mapTypeIds, referencesOf } from './references.ts'
import { typeOf, typeOfKind } from './type-of.ts'
import type { BtfType } from './types.ts'

/** What {@link extractBtf} takes along. */
export interface ExtractBtfOptions {
  /** Pointers that are followed from a root before structs become forward declarations. Default 1. */
  readonly depth?: number
  /** Byte order of the result. Default: that of the source. */
  readonly littleEndian?: boolean
}

/**
 * Cut a small, self-contained BTF out of a large one: the roots (ids or names), what they contain, and what they point
 * to up to a depth, beyond which a struct or union is a forward declaration (without a name: an empty struct). Declaration
 * tags of what is taken come along. Types keep their order; a split BTF's base is merged in.
 */
export function extractBtf(btf: Btf, roots: readonly (number | string)[], options: ExtractBtfOptions = {}): Uint8Array {
  const depth = options.depth ?? 1
  const rootIds = roots.map((root) => (typeof root === 'number' ? root : requireType(btf, root)))
  const levels = pointerLevels(btf, rootIds, depth)
  const tags = typesOfKind(btf, 'decl_tag').filter((id) => isTagOf(btf, id, levels, depth))
  const ids = [...new Set([...levels.keys(), ...tags])].sort((a, b) => a - b)

  const types: BtfType[] = []
  const newIds = new Map<number, number>()
  const forwards = new Map<string, number>()
  for (const id of ids) {
    const type = cut(btf, id, levels, depth)
    const forward = type.kind === 'fwd' ? `${type.of} ${type.name}` : undefined
    const known = forward === undefined ? undefined : forwards.get(forward)
    newIds.set(id, known ?? types.length + 1)
    if (known !== undefined) continue
    types.push(type)
    if (forward !== undefined) forwards.set(forward, types.length)
  }
  const renumbered = types.map((type) => mapTypeIds(type, (id) => newIds.get(id) ?? 0))
  return buildBtf(renumbered, { littleEndian: options.littleEndian ?? btf.littleEndian })
}

/** Fewest pointers between any root and each type reached; types beyond the depth end the search. */
function pointerLevels(btf: Btf, roots: readonly number[], depth: number): ReadonlyMap<number, number> {
  const levels = new Map<number, number>()
  let layer: readonly number[] = roots
  for (let level = 0; layer.length > 0; level++) {
    const below: number[] = []
    const pending = [...layer]
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (id === 0 || levels.has(id)) continue
      levels.set(id, level)
      const type = typeOf(btf, id)
      if (isCut(type, level, depth)) continue
      if (type.kind === 'ptr') below.push(type.typeId)
      else pending.push(...referencesOf(type))
    }
    layer = below
  }
  return levels
}

function isCut(type: BtfType, level: number, depth: number): boolean {
  return level > depth && (type.kind === 'struct' || type.kind === 'union')
}

function cut(btf: Btf, id: number, levels: ReadonlyMap<number, number>, depth: number): BtfType {
  const type = typeOf(btf, id)
  if (!isCut(type, levels.get(id) ?? 0, depth)) return type
  if (type.kind !== 'struct' && type.kind !== 'union') return type
  return type.name === '' ? { ...type, size: 0, members: [] } : { kind: 'fwd', name: type.name, of: type.kind }
}

/** Tags on members need the members, so those of cut structs stay behind. */
function isTagOf(btf: Btf, tagId: number, levels: ReadonlyMap<number, number>, depth: number): boolean {
  const { typeId } = typeOfKind(btf, tagId, 'decl_tag')
  const level = levels.get(typeId)
  return level !== undefined && nameOf(btf, typeId) !== '' && !isCut(typeOf(btf, typeId), level, depth)
}
