import type { Diagnostic } from '@tscc/compiler'
import type { Checker } from './checker.ts'
import { type ModuleTexts, moduleTexts, sameTexts, type Texts } from './module-texts.ts'
import { shifted } from './shifted.ts'

/** What a file's mistakes are asked with. */
export interface FileMistakesOptions extends Texts {
  readonly checker: Checker
  /** Called when mistakes are known that could not be waited for. */
  readonly onLate: () => void
  readonly log: (message: string) => void
  /** Does TypeScript itself say that the file's syntax is wrong? */
  readonly isBroken: (fileName: string) => boolean
}

/** What is known of a file: its mistakes, or why it was not checked. */
export type FileMistakes =
  | { readonly mistakes: readonly Diagnostic[]; readonly importers: ModuleTexts['importers'] }
  | { readonly unchecked: string }

/** The compiler's syntax errors, for which TypeScript has its own. */
const SYNTAX = 'TSCC1001'
/** That a module exports no program, which is no mistake of one that others import. */
const NO_PROGRAM = 'TSCC1003'

const EXPORTS = /^[ \t]*export\b/m

/**
 * A function that tells the mistakes of files as they are now. Where the compiler needs longer than an editor waits, or the syntax is
 * broken for a moment, it tells those of before, where what they mark is still there.
 */
export function fileMistakes(options: FileMistakesOptions): (fileName: string) => FileMistakes {
  const { checker, onLate, log, isBroken } = options
  const before = new Map<
    string,
    { readonly texts: ReadonlyMap<string, string>; readonly mistakes: readonly Diagnostic[] }
  >()
  /** Reported once, not at every key. */
  const failures = new Map<string, ReadonlyMap<string, string>>()

  const old = (fileName: string, text: string): readonly Diagnostic[] => {
    const known = before.get(fileName)
    return known === undefined
      ? []
      : shifted(
          known.mistakes.filter(({ file }) => file === fileName),
          known.texts.get(fileName) ?? '',
          text,
        )
  }

  return (fileName) => {
    const module = moduleTexts(fileName, options)
    if (module === undefined) return { unchecked: 'it is too large, with what it imports' }
    const { texts, importers } = module
    const text = texts.get(fileName) ?? ''
    const answer = checker.check(fileName, texts, onLate)
    if (answer === undefined) return { mistakes: old(fileName, text), importers }
    if ('failed' in answer) {
      const told = failures.get(fileName)
      if (told === undefined || !sameTexts(told, texts)) log(`${fileName}: ${answer.failed}`)
      failures.set(fileName, texts)
      return { unchecked: answer.failed.replace(/\n[\s\S]*/, '') }
    }
    const { diagnostics } = answer
    if (diagnostics.some(({ code, file }) => code === SYNTAX && file === fileName) && isBroken(fileName))
      return { mistakes: old(fileName, text), importers }
    const mistakes = diagnostics.filter(
      ({ code, file, span }) => !(code === NO_PROGRAM && file === fileName && span.end === 1 && EXPORTS.test(text)),
    )
    before.set(fileName, { texts, mistakes })
    return { mistakes, importers }
  }
}
