import { type Btf, findEveryType, nameOf } from '@tscc/btf'
import { essentialName } from './essential-name.ts'

/** Types of one BTF by essential name; in a split BTF, its own. */
export interface TypeSearch {
  /** Ids of all types of that name, flavours and all, ascending. */
  named(essential: string): readonly number[]
  /** Say which names will be asked for: one walk serves all of them. */
  expect(essentials: readonly string[]): void
}

const searches = new WeakMap<Btf, TypeSearch>()

/** A search that remembers, the same one for a BTF as long as that lives. */
export function typeSearch(btf: Btf): TypeSearch {
  const known = searches.get(btf)
  if (known !== undefined) return known
  const search = makeSearch(btf)
  searches.set(btf, search)
  return search
}

function makeSearch(btf: Btf): TypeSearch {
  const ids = new Map<string, readonly number[]>()
  const expect = (names: readonly string[]): void => {
    const missing = [...new Set(names)].filter((name) => !ids.has(name))
    if (missing.length === 0) return
    // The kernel's own BTF may have flavours too: merged BTF does.
    const found = findEveryType(btf, missing, { goingOnWith: '___' })
    for (const [i, name] of missing.entries())
      ids.set(
        name,
        (found[i] ?? []).filter((id) => essentialName(nameOf(btf, id)) === name),
      )
  }
  return {
    expect,
    named(name) {
      if (!ids.has(name)) expect([name])
      return ids.get(name) ?? []
    },
  }
}
