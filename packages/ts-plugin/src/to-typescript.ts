import type { Diagnostic } from '@tscc/compiler'
import type ts from 'typescript'
import { diagnosticNumber } from './diagnostic-number.ts'
import type { FileMistakes } from './mistakes.ts'
import { importedPath } from './module-texts.ts'

/** A diagnostic as editors show it, and the compiler's, where it is one of this file. */
export interface Shown {
  readonly diagnostic: ts.Diagnostic & { readonly start: number; readonly length: number }
  readonly mistake?: Diagnostic
}

/** What editors call the one who says it, before the number. */
const SOURCE = 'tscc'

/** The compiler's diagnostics of a file; those of files that it imports stand at the import, and lead there. */
export function toTypeScript(
  typescript: typeof ts,
  program: ts.Program,
  file: ts.SourceFile,
  found: FileMistakes,
): readonly Shown[] {
  const { Error: error, Warning: warning } = typescript.DiagnosticCategory
  if ('unchecked' in found) {
    const messageText = `tscc has not checked this file: ${found.unchecked}`
    return [{ diagnostic: { file, start: 0, length: 1, category: warning, code: 0, source: SOURCE, messageText } }]
  }
  const { mistakes, importers } = found
  const own = mistakes
    .filter((one) => one.file === file.fileName)
    .map((mistake) => ({ mistake, diagnostic: { file, category: error, source: SOURCE, ...said(file, mistake) } }))
  const imports = file.statements.flatMap((statement) => {
    if (!typescript.isImportDeclaration(statement) || !typescript.isStringLiteral(statement.moduleSpecifier)) return []
    const specifier = statement.moduleSpecifier
    const path = importedPath(file.fileName, specifier.text)
    const there = mistakes.filter((one) => path !== undefined && isWithin(one.file, path, importers))
    const [first] = there
    if (first === undefined) return []
    const start = specifier.getStart(file)
    const diagnostic = {
      file,
      start,
      length: specifier.getEnd() - start,
      category: error,
      source: SOURCE,
      code: diagnosticNumber(first),
      messageText: `${specifier.text} has ${there.length === 1 ? 'a mistake' : `${there.length} mistakes`}`,
      relatedInformation: there.slice(0, MOST_RELATED).flatMap((one) => {
        const other = program.getSourceFile(one.file)
        return other === undefined ? [] : [{ file: other, category: error, ...said(other, one) }]
      }),
    }
    return [{ diagnostic }]
  })
  return [...own, ...imports]
}

/** Mistakes of an imported file that are told at the import; its own editor shows all. */
const MOST_RELATED = 10

/** Is a file the imported one, or did that bring it along? */
function isWithin(file: string, imported: string, importers: ReadonlyMap<string, string>): boolean {
  // Nothing is its own importer's importer, since each has the first that was found.
  for (let at: string | undefined = file; at !== undefined; at = importers.get(at)) if (at === imported) return true
  return false
}

/** Number, message and place; a mark has at least one character, and lies in the file. */
function said(file: ts.SourceFile, mistake: Diagnostic) {
  const size = file.text.length
  const start = Math.min(mistake.span.start, Math.max(0, size - 1))
  const length = Math.max(1, Math.min(mistake.span.end, size) - start)
  const { message, help } = mistake
  return {
    code: diagnosticNumber(mistake),
    messageText: help === undefined ? message : `${message}\nhelp: ${help}`,
    start,
    length,
  }
}
