import { nearestNames } from '@tscc/core'
import { type Btf, kindOf, nameOf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { parseFieldPath } from './field-path.ts'
import { findType, requireType } from './find.ts'
import { membersNamed, membersOf } from './members.ts'
import { sizeOf, skipModifiers } from './sizes.ts'
import { typeOf } from './type-of.ts'
import type { BtfMember, BtfType } from './types.ts'

/** Where a field lies, and how to load it. */
export interface FieldLocation {
  /** The field's type as declared. */
  readonly typeId: number
  /** Kind of that type below typedefs and modifiers. */
  readonly kind: BtfType['kind']
  /** Bytes from the start of the root struct; of a bitfield, of the load that covers it. */
  readonly offset: number
  /** Size in bytes; of a bitfield, of the load that covers it: 1, 2, 4 or 8. */
  readonly size: number
  /** Whether the value is a signed integer or enum. */
  readonly signed: boolean
  /**
   * Only for bitfields. The load is aligned to its size; in either byte order, the loaded number read in the described
   * program's byte order gives `value = (load >> shift) & (2 ** bitSize - 1)`, then sign-extended if `signed`.
   */
  readonly bitfield?: { readonly shift: number; readonly bitSize: number }
  /** The whole path, with the embedded structs that a short one left out. */
  readonly path: string
}

/**
 * Find a field by path from a struct (id or name): member names with dots, array elements as `[n]`, anonymous members
 * looked through. A name that the struct itself lacks is searched in the structs embedded at its offset 0, nearest first:
 * `resolveField(btf, 'tcp_sock', 'icsk_ca_state')` finds `inet_conn.icsk_ca_state`. Pointers are not followed.
 */
export function resolveField(btf: Btf, root: number | string, path: string): FieldLocation {
  const rootId = typeof root === 'number' ? root : rootType(btf, root)
  const rootName = () => (typeof root === 'string' ? root : nameOf(btf, skipModifiers(btf, root)) || `type ${root}`)
  let place: Place = { typeId: rootId, bitOffset: 0, bitSize: 0, path: '' }
  for (const step of parseFieldPath(path)) {
    const outer = place.path
    const label = () => (outer === '' ? rootName() : `${rootName()}.${outer}`)
    place = typeof step === 'number' ? elementOf(btf, place, step, label) : memberOf(btf, place, step, label)
  }
  const { path: whole } = place
  return locate(btf, place, () => `${rootName()}.${whole}`)
}

/** What errors call a place; only made for them. */
type Label = () => string

/** A point on the way down. */
interface Place {
  readonly typeId: number
  readonly bitOffset: number
  readonly bitSize: number
  readonly path: string
}

function rootType(btf: Btf, name: string): number {
  return findType(btf, name, 'struct') ?? findType(btf, name, 'union') ?? requireType(btf, name, 'typedef')
}

function elementOf(btf: Btf, place: Place, index: number, label: Label): Place {
  const type = typeOf(btf, skipModifiers(btf, place.typeId))
  if (type.kind !== 'array') throw btfErrors.make('not-an-array', { path: label(), found: type.kind })
  // A flexible array says length 0: any index may exist.
  if (type.length !== 0 && index >= type.length)
    throw btfErrors.make('bad-index', { path: label(), index, length: type.length })
  const bitOffset = place.bitOffset + index * sizeOf(btf, type.typeId) * 8
  return { typeId: type.typeId, bitOffset, bitSize: 0, path: `${place.path}[${index}]` }
}

/** Embedded structs that are tried for one name, and how far down. */
const MAX_EMBEDDED = 64

function memberOf(btf: Btf, place: Place, name: string, label: Label): Place {
  const kind = kindOf(btf, skipModifiers(btf, place.typeId))
  if (kind !== 'struct' && kind !== 'union') throw btfErrors.make('not-a-struct', { path: label(), found: kind })
  let level: readonly Place[] = [place]
  const searched: Place[] = []
  while (level.length > 0 && searched.length < MAX_EMBEDDED) {
    const outers = level.slice(0, MAX_EMBEDDED - searched.length)
    searched.push(...outers)
    const hits = outers.flatMap((outer) => membersNamed(btf, outer.typeId, name).map((member) => step(outer, member)))
    const [first, ...others] = hits
    if (first !== undefined && others.length === 0) return first
    if (first !== undefined)
      throw btfErrors.make('ambiguous-field', { type: label(), field: name, paths: hits.map((hit) => hit.path) })
    level = outers.flatMap((outer) => embeddedIn(btf, outer))
  }
  const names = searched.flatMap((outer) => membersOf(btf, outer.typeId).map((member) => member.name))
  throw btfErrors.make('unknown-field', { type: label(), field: name, nearest: nearestNames(name, names) })
}

/** The structs that a struct embeds at its very start. */
function embeddedIn(btf: Btf, outer: Place): readonly Place[] {
  return membersOf(btf, outer.typeId)
    .filter((member) => member.bitOffset === 0 && member.bitSize === 0 && isStruct(btf, member.typeId))
    .map((member) => step(outer, member))
}

function isStruct(btf: Btf, id: number): boolean {
  return kindOf(btf, skipModifiers(btf, id)) === 'struct'
}

function step(outer: Place, member: BtfMember): Place {
  return {
    typeId: member.typeId,
    bitOffset: outer.bitOffset + member.bitOffset,
    bitSize: member.bitSize,
    path: outer.path === '' ? member.name : `${outer.path}.${member.name}`,
  }
}

function locate(btf: Btf, place: Place, label: Label): FieldLocation {
  const type = typeOf(btf, skipModifiers(btf, place.typeId))
  const signed = (type.kind === 'int' || type.kind === 'enum' || type.kind === 'enum64') && type.signed
  const common = { typeId: place.typeId, kind: type.kind, signed, path: place.path }
  // Before kind_flag existed, a bitfield was an int with fewer bits than its storage.
  const narrow = type.kind === 'int' && place.bitSize === 0 && (type.bits !== type.size * 8 || type.bitOffset !== 0)
  if (place.bitSize === 0 && !(narrow && !type.bool))
    return { ...common, offset: place.bitOffset / 8, size: sizeOf(btf, place.typeId) }
  const bitSize = narrow ? type.bits : place.bitSize
  const bitOffset = place.bitOffset + (narrow ? type.bitOffset : 0)
  for (const size of [1, 2, 4, 8]) {
    const offset = Math.floor(bitOffset / 8 / size) * size
    const inLoad = bitOffset - offset * 8
    if (inLoad + bitSize > size * 8) continue
    const shift = btf.littleEndian ? inLoad : size * 8 - inLoad - bitSize
    return { ...common, offset, size, bitfield: { shift, bitSize } }
  }
  throw btfErrors.make('bad-bitfield', { path: label(), bitOffset, bitSize })
}
