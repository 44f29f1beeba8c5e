import { diagnosticCodes } from '@tscc/compiler'
import type ts from 'typescript'
import { diagnosticNumber } from './diagnostic-number.ts'

/** Numbers of the compiler's diagnostics, as editors have them. */
export const diagnosticNumbers: readonly number[] = diagnosticCodes.map(diagnosticNumber)

/** Where TypeScript keeps its quick fixes; its declarations leave it out. */
interface FixRegistry {
  readonly codefix?: {
    registerCodeFix?(fix: { readonly errorCodes: readonly number[]; getCodeActions(): undefined }): void
  }
}

const announced = new WeakSet<typeof ts>()

/**
 * Have the compiler's numbers among those that can be fixed. Editors (VS Code and typescript-language-server, in 2026) ask once, of no
 * file, for which numbers there are quick fixes, and then for no others; a plugin is asked for those of files only. What is registered
 * gives nothing itself. Where a TypeScript has no such place, there are no quick fixes in these editors, and nothing else is different.
 */
export function announceFixes(typescript: typeof ts): void {
  if (announced.has(typescript)) return
  announced.add(typescript)
  const { codefix } = typescript as unknown as FixRegistry // looked at with care
  codefix?.registerCodeFix?.({ errorCodes: diagnosticNumbers, getCodeActions: () => undefined })
}
