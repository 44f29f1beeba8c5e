import { type Btf, declareC, declareTs, nameOf, typesOfKind } from '@tscc/btf'

/** What to declare: all types, or some and what they need. */
export interface DeclareOptions {
  /** Names; for TypeScript also ids. */
  readonly roots?: readonly (string | number)[] | undefined
  /** For TypeScript: how many pointers are followed from the roots. */
  readonly depth?: number | undefined
  /** For TypeScript: the module that integers come from; default: they are written out. */
  readonly prelude?: string | undefined
}

/** Declarations of a BTF's types in C or TypeScript. */
export function declarations(btf: Btf, language: 'c' | 'ts', { roots, depth, prelude }: DeclareOptions): string {
  if (language === 'c') return declareC(btf, roots === undefined ? {} : { roots })
  return declareTs(btf, {
    roots: roots ?? namedTypes(btf),
    ...(depth === undefined ? {} : { depth }),
    ...(prelude === undefined ? {} : { prelude }),
  })
}

/** What TypeScript has a word for: everything else comes with what uses it. */
function namedTypes(btf: Btf): readonly number[] {
  const kinds = ['struct', 'union', 'enum', 'enum64'] as const
  return kinds.flatMap((kind) => typesOfKind(btf, kind)).filter((id) => nameOf(btf, id) !== '')
}
