import { type Btf, type BtfKind, kindOf, nameOf } from '@tscc/btf'
import { essentialName } from './essential-name.ts'
import { type TypeSearch, typeSearch } from './type-search.ts'

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

/** Finds types of one kernel, and remembers what it found. */
export interface CandidateFinder {
  /** The kernel's types of the same kind and essential name as a type of the program. */
  candidates(local: Btf, localId: number): readonly Candidate[]
  /** The first type of exactly this name and kind. */
  locate(name: string, kind: BtfKind): Candidate | undefined
  /** How often vmlinux lacked something, so that modules were looked into. */
  moduleQuestions(): number
  /** Say which names will be asked for: one walk over the kernel's BTF then serves all of them. */
  expect(names: readonly string[]): void
}

/** A finder over one kernel, to be kept as long as its BTF is. Modules are only looked into for what vmlinux lacks. */
export function candidateFinder(target: CoreTarget): CandidateFinder {
  const main = typeSearch(target.btf)
  let opened: readonly { readonly name: string; readonly btf: Btf; readonly search: TypeSearch }[] | undefined
  let questions = 0
  const modules = () => {
    questions++
    opened ??= (target.modules?.() ?? []).map(({ name, btf }) => ({ name, btf, search: typeSearch(btf) }))
    return opened
  }
  return {
    moduleQuestions: () => questions,
    expect: (names) => main.expect(names.map(essentialName)),
    candidates(local, localId) {
      const kind = kindOf(local, localId)
      const name = essentialName(nameOf(local, localId))
      const isOf = (btf: Btf) => (id: number) => sameKind(kindOf(btf, id), kind)
      if (name === '') return []
      const found = main.named(name).filter(isOf(target.btf))
      if (found.length > 0) return found.map((id) => ({ btf: target.btf, id }))
      return modules().flatMap(({ name: module, btf, search }) =>
        search
          .named(name)
          .filter(isOf(btf))
          .map((id) => ({ btf, id, module })),
      )
    },
    locate(name, kind) {
      const inOne = (btf: Btf, search: TypeSearch): number | undefined =>
        search.named(essentialName(name)).find((id) => kindOf(btf, id) === kind && nameOf(btf, id) === name)
      const id = inOne(target.btf, main)
      if (id !== undefined) return { btf: target.btf, id }
      for (const { name: module, btf, search } of modules()) {
        const inModule = inOne(btf, search)
        if (inModule !== undefined) return { btf, id: inModule, module }
      }
      return undefined
    },
  }
}

/** May one kind stand for the other? Only the two sizes of enum may. */
export function sameKind(a: string, b: string): boolean {
  return a === b || (isEnum(a) && isEnum(b))
}

/** Is it an enum, of 32 or of 64 bits? */
export const isEnum = (kind: string): boolean => kind === 'enum' || kind === 'enum64'
