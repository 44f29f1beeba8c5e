import { type Btf, type BtfKind, findEveryType, kindOf, nameOf, namesWith } from '@tscc/btf'
import { essentialName } from './essential-name.ts'

/** The kernel that is linked to: its BTF, and those of its modules, which are only opened when something is not in the first. */
export interface CoreTarget {
  readonly btf: Btf
  /** Split BTF on top of `btf`, in the kernel's order. */
  modules?(): readonly { readonly name: string; readonly btf: Btf }[]
}

/** A type of the kernel that a local type may mean. */
export interface Candidate {
  readonly btf: Btf
  readonly id: number
  /** Name of the module that it is from; absent for vmlinux. */
  readonly module?: string
}

/** Finds the kernel's types of the same kind and essential name as a type of the program. */
export interface CandidateFinder {
  candidates(local: Btf, localId: number): readonly Candidate[]
  /** Say which types will be asked for: one walk over the kernel's BTF then serves all of them. */
  expect(local: Btf, localIds: readonly number[]): void
}

/** A finder over one kernel, to be kept as long as its BTF is: it remembers what it found. */
export function candidateFinder(target: CoreTarget): CandidateFinder {
  const main = searchIn(target.btf)
  let modules: readonly { readonly name: string; readonly search: TypeSearch }[] | undefined
  const inModules = (kind: BtfKind, name: string): readonly Candidate[] => {
    modules ??= (target.modules?.() ?? []).map((module) => ({ name: module.name, search: searchIn(module.btf) }))
    return modules.flatMap(({ name: module, search }) =>
      search.named(kind, name).map((candidate) => ({ ...candidate, module })),
    )
  }
  const wantedOf = (local: Btf, id: number): { kind: BtfKind; name: string } | undefined => {
    const kind = kindOf(local, id)
    const name = nameOf(local, id)
    return kind === 'void' || kind === 'unknown' || name === '' ? undefined : { kind, name: essentialName(name) }
  }
  return {
    expect(local, localIds) {
      const wanted = localIds.flatMap((id) => wantedOf(local, id) ?? [])
      main.expect(wanted.map(({ name }) => name))
    },
    candidates(local, localId) {
      const wanted = wantedOf(local, localId)
      if (wanted === undefined) return []
      const found = main.named(wanted.kind, wanted.name)
      return found.length > 0 ? found : inModules(wanted.kind, wanted.name)
    },
  }
}

interface TypeSearch {
  /** Own types of that essential name, and of that kind or one that may stand for it. */
  named(kind: BtfKind, name: string): readonly Candidate[]
  expect(names: readonly string[]): void
}

function searchIn(btf: Btf): TypeSearch {
  const ids = new Map<string, readonly number[]>()
  let flavours: ReadonlyMap<string, readonly string[]> | undefined
  const expect = (names: readonly string[]): void => {
    flavours ??= flavoursIn(btf)
    const missing = [...new Set(names)].filter((name) => !ids.has(name))
    const queries = missing.flatMap((name) => [name, ...(flavours?.get(name) ?? [])])
    const found = findEveryType(btf, queries)
    let at = 0
    for (const name of missing) {
      const count = 1 + (flavours.get(name)?.length ?? 0)
      const all = found.slice(at, at + count).flat()
      at += count
      ids.set(
        name,
        all.toSorted((a, b) => a - b),
      )
    }
  }
  return {
    expect,
    named(kind, name) {
      if (!ids.has(name)) expect([name])
      return (ids.get(name) ?? []).filter((id) => sameKind(kindOf(btf, id), kind)).map((id) => ({ btf, id }))
    },
  }
}

/** The kernel's own flavoured names, by what they are flavours of; bpftool's merged BTF has such. */
function flavoursIn(btf: Btf): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const name of new Set(namesWith(btf, '___'))) {
    const essential = essentialName(name)
    if (essential === name) continue
    const names = found.get(essential) ?? []
    names.push(name)
    found.set(essential, names)
  }
  return found
}

/** May one kind stand for the other? Only the two sizes of enum may. */
export function sameKind(a: string, b: string): boolean {
  return a === b || (isEnum(a) && isEnum(b))
}

/** Is it an enum, of 32 or of 64 bits? */
export const isEnum = (kind: string): boolean => kind === 'enum' || kind === 'enum64'
