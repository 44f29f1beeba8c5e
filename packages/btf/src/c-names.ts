import type { Btf } from './btf.ts'
import { nameOf, typeCount } from './btf.ts'
import { textBudget } from './text-budget.ts'
import { typeOf } from './type-of.ts'

/** Names that C output gives to types: BTF allows two types of one name, C does not. */
export interface CNames {
  /** Tag of a struct, union or enum; a forward declaration has that of the type it stands for. */
  tag(id: number): string
  /** Name of a typedef. */
  typedef(id: number): string
  /** Name of an enumerator, given once per enumerator; they share a name space with typedefs. */
  enumerator(name: string): string
}

const IDENTIFIER = /^[A-Za-z_]\w*$/
/** Words that C (up to C17, with GNU extensions) keeps to itself; its va_list has another size on each target. */
const RESERVED: ReadonlySet<string> = new Set(
  `asm auto break case char const continue default do double else enum extern float for goto if inline int long
  register restrict return short signed sizeof static struct switch typedef typeof union unsigned void volatile
  while __builtin_va_list _Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local`.split(
    /\s+/,
  ),
)

/** A C identifier for a name that may be none (Rust's, for one). */
function identifier(name: string): string {
  if (IDENTIFIER.test(name) && !RESERVED.has(name)) return name
  return `_${name.replace(/\W/g, '_')}`
}

/** Names for every type of one BTF: the lowest id keeps its name, others get `___2`, `___3` … */
export function cNames(btf: Btf): CNames {
  const tags = new Map<number, string>()
  const typedefs = new Map<number, string>()
  const usedTags = new Map<string, number>()
  const usedNames = new Map<string, number>()
  const counted = textBudget()
  const take = (used: Map<string, number>, name: string): string => {
    counted(name)
    const count = (used.get(name) ?? 0) + 1
    used.set(name, count)
    return count === 1 ? name : `${name}___${count}`
  }
  const count = typeCount(btf)
  for (let id = 1; id <= count; id++) {
    const { kind } = typeOf(btf, id)
    const name = nameOf(btf, id)
    if (name === '') continue
    if (kind === 'struct' || kind === 'union' || kind === 'enum' || kind === 'enum64')
      tags.set(id, take(usedTags, identifier(name)))
    else if (kind === 'typedef') typedefs.set(id, take(usedNames, identifier(name)))
  }
  return {
    tag: (id) => tags.get(id) ?? identifier(nameOf(btf, id)),
    typedef: (id) => typedefs.get(id) ?? identifier(nameOf(btf, id)),
    enumerator: (name) => take(usedNames, identifier(name)),
  }
}

/** The tag that `declareC` gives to each struct, union and enum: its name, or `name___2` for the second of a name. */
export function cTagsOf(btf: Btf): (id: number) => string {
  return cNames(btf).tag
}
