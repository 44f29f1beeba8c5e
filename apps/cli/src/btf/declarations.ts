import { type Btf, declareC, declareTs, nameOf, typesOfKind } from '@tscc/btf'

/** What to declare: all types, or some and what they need. */
export interface DeclareOptions {
  readonly roots?: readonly string[] | undefined
  /** For TypeScript: how many pointers are followed from the roots. */
  readonly depth?: number | undefined
}

/** Declarations of a BTF's types in C or TypeScript. */
export function declarations(btf: Btf, language: 'c' | 'ts', { roots, depth }: DeclareOptions): string {
  if (language === 'c') return declareC(btf, roots === undefined ? {} : { roots })
  return declareTs(btf, { roots: roots ?? namedTypes(btf), ...(depth === undefined ? {} : { depth }) })
}

/** What TypeScript has a word for: everything else comes with what uses it. */
function namedTypes(btf: Btf): readonly number[] {
  const kinds = ['struct', 'union', 'enum', 'enum64'] as const
  return kinds.flatMap((kind) => typesOfKind(btf, kind)).filter((id) => nameOf(btf, id) !== '')
}
