import type { Btf } from '@tscc/btf'

/** What to declare: all types, or some and what they need. */
export interface DeclareOptions {
  readonly roots?: readonly string[] | undefined
  /** Pointers that are followed from the roots. */
  readonly depth?: number | undefined
}

/** Declarations of a BTF's types in C or TypeScript. */
export function declarations(btf: Btf, language: 'c' | 'ts', options: DeclareOptions): string {
  return `// ${btf.firstId} ${language} ${options.depth}\n`
}
