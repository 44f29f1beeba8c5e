import { type Btf, kindOf, recordOf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { typeOf } from './type-of.ts'
import type { BtfComposite } from './types.ts'

/** Longest chain of typedefs, modifiers and arrays that is followed (the kernel stops at 32). */
export const MAX_CHAIN = 64

/** The first type below typedefs, const, volatile, restrict and type tags: itself when it is none of these. */
export function skipModifiers(btf: Btf, id: number): number {
  let current = id
  for (let steps = 0; steps <= MAX_CHAIN; steps++) {
    if (!MODIFIERS.has(kindOf(btf, current))) return current
    current = word(btf, current, SIZE_OR_TYPE)
  }
  throw btfErrors.make('too-deep', { id, limit: MAX_CHAIN })
}

const MODIFIERS: ReadonlySet<string> = new Set(['typedef', 'const', 'volatile', 'restrict', 'type_tag'])

/** Size in bytes; `btf/no-size` for void, functions and forward declarations. Nothing is decoded: a struct may be large. */
export function sizeOf(btf: Btf, id: number): number {
  let current = id
  let count = 1
  for (let steps = 0; steps <= MAX_CHAIN; steps++) {
    current = skipModifiers(btf, current)
    switch (kindOf(btf, current)) {
      case 'array':
        count *= word(btf, current, ARRAY_LENGTH)
        current = word(btf, current, ARRAY_ELEMENT)
        break
      case 'var':
        current = word(btf, current, SIZE_OR_TYPE)
        break
      default: {
        const size = count * ownSize(btf, current)
        if (size > Number.MAX_SAFE_INTEGER)
          throw btfErrors.make('too-large', {
            field: `size of type ${id}`,
            value: size,
            limit: Number.MAX_SAFE_INTEGER,
          })
        return size
      }
    }
  }
  throw btfErrors.make('too-deep', { id, limit: MAX_CHAIN })
}

/** Words of a record: of every one that has a size or leads to a type, and of arrays. */
const SIZE_OR_TYPE = 2
const ARRAY_ELEMENT = 3
const ARRAY_LENGTH = 5

function word(btf: Btf, id: number, n: number): number {
  const { owner, word: start } = recordOf(btf, id)
  return (owner.state.types.words[start + n] ?? 0) >>> 0
}

function ownSize(btf: Btf, id: number): number {
  const kind = kindOf(btf, id)
  switch (kind) {
    case 'int':
    case 'enum':
    case 'enum64':
    case 'float':
    case 'struct':
    case 'union':
    case 'datasec':
      return word(btf, id, SIZE_OR_TYPE)
    case 'ptr':
      return btf.pointerSize
    default:
      throw btfErrors.make('no-size', { id, found: kind })
  }
}

/**
 * Alignment in bytes. BTF does not record it, so a struct whose members or size do not keep to their natural alignment
 * counts as packed and gives 1; so does one without members.
 */
export function alignOf(btf: Btf, id: number): number {
  return alignment(btf, id, new Map())
}

/** `seen` makes shared members cheap; one still being worked on (0) contains itself. */
function alignment(btf: Btf, id: number, seen: Map<number, number>): number {
  let current = id
  for (let steps = 0; steps <= MAX_CHAIN; steps++) {
    current = skipModifiers(btf, current)
    const type = typeOf(btf, current)
    switch (type.kind) {
      case 'array':
      case 'var':
        current = type.typeId
        break
      case 'struct':
      case 'union': {
        const known = seen.get(current)
        if (known === 0 || seen.size > MAX_NESTED) throw btfErrors.make('too-deep', { id, limit: MAX_CHAIN })
        if (known !== undefined) return known
        seen.set(current, 0)
        const align = compositeAlignment(btf, type, seen)
        seen.set(current, align)
        return align
      }
      default:
        return Math.min(Math.max(1, ownSize(btf, current)), btf.pointerSize === 4 ? 8 : 16)
    }
  }
  throw btfErrors.make('too-deep', { id, limit: MAX_CHAIN })
}

/** Structs within one struct, all told; also keeps the recursion far from the end of the stack. */
const MAX_NESTED = 2000

function compositeAlignment(btf: Btf, type: BtfComposite, seen: Map<number, number>): number {
  let align = 1
  let packed = false
  for (const member of type.members) {
    const own = alignment(btf, member.typeId, seen)
    align = Math.max(align, own)
    if (member.bitSize === 0 && member.bitOffset % (own * 8) !== 0) packed = true
  }
  return packed || type.size % align !== 0 ? 1 : align
}
