import type { Btf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
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
