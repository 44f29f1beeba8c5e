import { type Btf, declareC } from '@tscc/btf'
import { cliErrors } from '../cli-errors.ts'

/** What to declare: all types, or some and what they need. */
export interface DeclareOptions {
  readonly roots?: readonly string[] | undefined
  /** For TypeScript: how many pointers are followed from the roots. */
  readonly depth?: number | undefined
}

/** Declarations of a BTF's types in C or TypeScript. */
export function declarations(btf: Btf, language: 'c' | 'ts', options: DeclareOptions): string {
  const { roots } = options
  if (language === 'c') return declareC(btf, roots === undefined ? {} : { roots })
  throw cliErrors.make('no-declarations', { language: 'TypeScript' })
}
