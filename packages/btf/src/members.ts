import { type Btf, kindOf, recordOf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { COMMON_WORDS, infoFlag, infoVlen } from './kinds.ts'
import { skipModifiers } from './sizes.ts'
import { typeOf, typeOfKind } from './type-of.ts'
import type { BtfMember } from './types.ts'

/** Most members that one flattened struct may have, and deepest nesting of anonymous ones. */
const MAX_MEMBERS = 1 << 16
const MAX_NESTING = 32
/** Structs whose flattened members are remembered: a walk over all of vmlinux must not hold them all. */
const MAX_FLATTENED = 256

/**
 * The members of a struct or union (or a typedef of one) by name, with those of anonymous structs and unions in place of
 * these; offsets count from the start of the outer struct. Nameless padding bitfields are left out.
 */
export function membersOf(btf: Btf, id: number): readonly BtfMember[] {
  const { flattened } = btf.state
  const known = flattened.get(id)
  if (known !== undefined) return known
  const found: BtfMember[] = []
  const budget = { visits: MAX_MEMBERS }
  collect(btf, id, 0, 0, found, budget)
  if (flattened.size >= MAX_FLATTENED) flattened.clear()
  flattened.set(id, found)
  return found
}

/**
 * The members of one name, as {@link membersOf} has them. Names are compared as bytes and nothing else is decoded, which
 * for one field of a struct of hundreds is most of the work.
 */
export function membersNamed(btf: Btf, id: number, name: string): readonly BtfMember[] {
  const known = btf.state.flattened.get(id)
  if (known !== undefined) return known.filter((member) => member.name === name)
  const found: BtfMember[] = []
  const budget = { visits: MAX_MEMBERS }
  if (name !== '') searchNamed(btf, id, { name, bytes: encoder.encode(name) }, 0, 0, found, budget)
  return found
}

const encoder = new TextEncoder()

function searchNamed(
  btf: Btf,
  id: number,
  wanted: { readonly name: string; readonly bytes: Uint8Array },
  bitOffset: number,
  depth: number,
  found: BtfMember[],
  budget: { visits: number },
): void {
  if (depth > MAX_NESTING) throw btfErrors.make('too-deep', { id, limit: MAX_NESTING })
  const plain = skipModifiers(btf, id)
  const kind = kindOf(btf, plain)
  if (kind !== 'struct' && kind !== 'union')
    throw btfErrors.make('wrong-kind', { id: plain, found: kind, want: 'struct or union' })
  const { owner, word } = recordOf(btf, plain)
  const { strings, types } = owner.state
  const { words } = types
  const info = words[word + 1] ?? 0
  const end = word + COMMON_WORDS + MEMBER_WORDS * infoVlen(info)
  for (let at = word + COMMON_WORDS; at < end; at += MEMBER_WORDS) {
    if (budget.visits-- === 0)
      throw btfErrors.make('too-large', { field: `members of type ${id}`, value: MAX_MEMBERS + 1, limit: MAX_MEMBERS })
    const nameOffset = (words[at] ?? 0) >>> 0
    // Most names end elsewhere; a base's strings lie in front of these bytes.
    const nameEnd = nameOffset - strings.start + wanted.bytes.length
    if (nameOffset !== 0 && nameOffset >= strings.start && strings.bytes[nameEnd] !== 0) continue
    const hit = nameOffset !== 0 && strings.equals(nameOffset, wanted.bytes)
    if (!hit && nameOffset !== 0) continue
    const typeId = (words[at + 1] ?? 0) >>> 0
    const place = (words[at + 2] ?? 0) >>> 0
    const flag = infoFlag(info)
    const offset = bitOffset + (flag ? place & 0xff_ffff : place)
    const inner = hit ? 0 : skipModifiers(btf, typeId)
    const innerKind = hit ? 'void' : kindOf(btf, inner)
    if (hit) found.push({ name: wanted.name, typeId, bitOffset: offset, bitSize: flag ? place >>> 24 : 0 })
    else if (innerKind === 'struct' || innerKind === 'union')
      searchNamed(btf, inner, wanted, offset, depth + 1, found, budget)
  }
}

/** Words of a member: name, type, offset. */
const MEMBER_WORDS = 3

function collect(
  btf: Btf,
  id: number,
  bitOffset: number,
  depth: number,
  found: BtfMember[],
  budget: { visits: number },
): void {
  if (depth > MAX_NESTING) throw btfErrors.make('too-deep', { id, limit: MAX_NESTING })
  const composite = typeOfKind(btf, skipModifiers(btf, id), 'struct', 'union')
  for (const member of composite.members) {
    if (budget.visits-- === 0)
      throw btfErrors.make('too-large', { field: `members of type ${id}`, value: MAX_MEMBERS + 1, limit: MAX_MEMBERS })
    const at = bitOffset + member.bitOffset
    if (member.name !== '') {
      found.push(at === member.bitOffset ? member : { ...member, bitOffset: at })
      continue
    }
    const inner = skipModifiers(btf, member.typeId)
    const kind = typeOf(btf, inner).kind
    if (kind === 'struct' || kind === 'union') collect(btf, inner, at, depth + 1, found, budget)
  }
}
