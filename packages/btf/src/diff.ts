import { type Btf, nameOf } from './btf.ts'
import { findType } from './find.ts'
import { membersOf } from './members.ts'
import { typesOfKind } from './query.ts'
import { sizeOf } from './sizes.ts'
import { typeOf } from './type-of.ts'
import { typeText } from './type-text.ts'

/** What became of one member between two BTFs; offsets and sizes in bits, as bitfields need them. */
export interface MemberDifference {
  readonly member: string
  readonly change: 'added' | 'removed' | 'moved' | 'retyped'
  readonly from?: { readonly bitOffset: number; readonly type: string }
  readonly to?: { readonly bitOffset: number; readonly type: string }
}

/** What became of one struct, union or enum; sizes in bytes. */
export interface TypeDifference {
  readonly name: string
  readonly kind: ComparedKind
  readonly change: 'added' | 'removed' | 'changed'
  readonly from?: number
  readonly to?: number
  readonly members: readonly MemberDifference[]
}

type ComparedKind = (typeof comparedKinds)[number]
const comparedKinds = ['struct', 'union', 'enum', 'enum64'] as const

/**
 * Named structs, unions and enums that are not the same in both: present, size, members by name, offset and type.
 * `only` limits it to some names. Where several types share a name the first counts.
 */
export function diffBtf(from: Btf, to: Btf, only?: readonly string[]): readonly TypeDifference[] {
  const wanted = only === undefined ? undefined : new Set(only)
  return comparedKinds.flatMap((kind) => {
    const before = namedTypes(from, kind)
    const after = namedTypes(to, kind)
    const names = [...new Set([...before.keys(), ...after.keys()])].sort()
    return names
      .filter((name) => wanted === undefined || wanted.has(name))
      .flatMap((name) => {
        const a = before.get(name)
        const b = after.get(name)
        const found = differenceOf(name, kind, { btf: from, id: a }, { btf: to, id: b })
        return found === undefined ? [] : [found]
      })
  })
}

interface Side {
  readonly btf: Btf
  readonly id: number | undefined
}

function differenceOf(name: string, kind: ComparedKind, from: Side, to: Side): TypeDifference | undefined {
  if (from.id === undefined && to.id === undefined) return undefined
  if (from.id === undefined) return { name, kind, change: 'added', to: sizeOf(to.btf, to.id ?? 0), members: [] }
  if (to.id === undefined) return { name, kind, change: 'removed', from: sizeOf(from.btf, from.id), members: [] }
  const sizes = { from: sizeOf(from.btf, from.id), to: sizeOf(to.btf, to.id) }
  const members = memberDifferences(partsOf(from.btf, from.id), partsOf(to.btf, to.id))
  if (sizes.from === sizes.to && members.length === 0) return undefined
  return { name, kind, change: 'changed', ...sizes, members }
}

interface Part {
  readonly bitOffset: number
  readonly type: string
}

/** Members by name; an enum's constants stand for members, with their value as type. */
function partsOf(btf: Btf, id: number): ReadonlyMap<string, Part> {
  const type = typeOf(btf, id)
  if (type.kind === 'enum' || type.kind === 'enum64')
    return new Map(type.values.map((entry) => [entry.name, { bitOffset: 0, type: `= ${entry.value}` }]))
  return new Map(
    membersOf(btf, id).map((member) => [
      member.name,
      {
        bitOffset: member.bitOffset,
        type: `${typeText(btf, member.typeId)}${member.bitSize === 0 ? '' : `:${member.bitSize}`}`,
      },
    ]),
  )
}

function memberDifferences(
  before: ReadonlyMap<string, Part>,
  after: ReadonlyMap<string, Part>,
): readonly MemberDifference[] {
  const found: MemberDifference[] = []
  for (const [member, from] of before) {
    const to = after.get(member)
    if (to === undefined) found.push({ member, change: 'removed', from })
    else if (from.type !== to.type) found.push({ member, change: 'retyped', from, to })
    else if (from.bitOffset !== to.bitOffset) found.push({ member, change: 'moved', from, to })
  }
  for (const [member, to] of after) if (!before.has(member)) found.push({ member, change: 'added', to })
  return found
}

function namedTypes(btf: Btf, kind: ComparedKind): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const id of typesOfKind(btf, kind)) {
    const name = nameOf(btf, id)
    if (name !== '' && !found.has(name)) found.set(name, id)
  }
  return found
}

/** Whether a BTF has a type of this name that {@link diffBtf} compares. */
export function isInDiff(btf: Btf, name: string): boolean {
  return comparedKinds.some((kind) => findType(btf, name, kind) !== undefined)
}
