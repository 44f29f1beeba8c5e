import type { Btf } from './btf.ts'
import { alignOf, sizeOf, skipModifiers } from './sizes.ts'
import { typeOf } from './type-of.ts'
import type { BtfComposite, BtfMember } from './types.ts'

/** A member and the bits of padding that C needs spelled out before it. */
export interface PlacedMember {
  readonly member: BtfMember
  readonly padding: readonly number[]
}

/** How to write a struct or union so that a C compiler lays it out as the BTF says. */
export interface CLayout {
  readonly packed: boolean
  readonly members: readonly PlacedMember[]
  /** Bits after the last member of a struct; bytes of a padding member of a union. */
  readonly tail: readonly number[]
}

/**
 * Compare what C would do with what the BTF says, member by member. BTF records neither `packed` nor `aligned`: the
 * first shows by members or a size off their natural alignment, the second is made up for by padding.
 */
export function cLayout(btf: Btf, id: number, type: BtfComposite): CLayout {
  const align = 8 * alignOf(btf, id)
  const natural = type.members.some((member) => member.bitSize === 0 && 8 * memberAlign(btf, member) > align)
  // alignOf is 1 for a packed struct; one of single bytes is laid out alike with and without the attribute.
  const packed = align === 8 && natural
  if (type.kind === 'union') {
    const largest = Math.max(0, ...type.members.map((member) => memberBits(btf, member)))
    const size = roundUp(largest, packed ? 8 : align)
    return {
      packed,
      members: type.members.map((member) => ({ member, padding: [] })),
      tail: size < 8 * type.size ? [type.size] : [],
    }
  }
  let at = 0
  const members: PlacedMember[] = []
  for (const member of type.members) {
    const byItself = member.bitSize > 0 ? at : roundUp(at, packed ? 8 : 8 * memberAlign(btf, member))
    members.push({ member, padding: member.bitOffset > byItself ? paddingBits(at, member.bitOffset) : [] })
    at = member.bitOffset + memberBits(btf, member)
  }
  const end = 8 * type.size
  const tail = roundUp(at, packed ? 8 : align) < end ? paddingBits(at, end) : []
  return { packed, members, tail }
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit

function memberBits(btf: Btf, member: BtfMember): number {
  return member.bitSize > 0 ? member.bitSize : 8 * sizeOf(btf, member.typeId)
}

/** Alignment that the member asks for by its type; arrays of nothing count like their elements. */
function memberAlign(btf: Btf, member: BtfMember): number {
  const type = typeOf(btf, skipModifiers(btf, member.typeId))
  return type.kind === 'array' ? alignOf(btf, type.typeId) : alignOf(btf, member.typeId)
}

/** More padding than this is one hostile size, not a layout. */
const MAX_PIECES = 1 << 16

/** Widths of unnamed bitfields that fill the bits from `from` to `to`: each starts at a multiple of its width. */
function paddingBits(from: number, to: number): readonly number[] {
  const pieces: number[] = []
  let at = from
  while (at < to && pieces.length < MAX_PIECES) {
    const inByte = at % 8
    const width =
      inByte > 0
        ? Math.min(8 - inByte, to - at)
        : ([64, 32, 16, 8].find((w) => at % w === 0 && at + w <= to) ?? to - at)
    pieces.push(width)
    at += width
  }
  return pieces
}
