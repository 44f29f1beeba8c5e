import type ts from 'typescript'
import { diagnosticNumbers } from './announce-fixes.ts'
import { callbackDocumentation } from './callback-documentation.ts'
import type { Checker } from './checker.ts'
import { fixesOf } from './fixes.ts'
import { guarded } from './guarded.ts'
import { fileMistakes } from './mistakes.ts'
import { toTypeScript } from './to-typescript.ts'

/** Files of the language. */
const isProgram = (fileName: string): boolean => fileName.endsWith('.bpf.ts')

/** A language service that says of `*.bpf.ts` files what the compiler says too, and offers its mends; all else is as it was. */
export function decorated(
  typescript: typeof ts,
  { languageService, languageServiceHost, project }: ts.server.PluginCreateInfo,
  checker: Checker,
  log: (message: string) => void,
): ts.LanguageService {
  const onLate = (): void =>
    guarded(
      log,
      'refresh',
      () => {
        if (!project.isClosed()) project.refreshDiagnostics()
      },
      undefined,
    )
  const mistakesOf = fileMistakes({
    checker,
    onLate,
    log,
    importsOf: (text) => typescript.preProcessFile(text, true, false).importedFiles.map(({ fileName }) => fileName),
    // The program has what is typed, saved or not; what it has not is read from where the project is read from.
    textOf: (path) => languageService.getProgram()?.getSourceFile(path)?.text ?? languageServiceHost.readFile(path),
    isBroken: (fileName) => languageService.getSyntacticDiagnostics(fileName).length > 0,
  })
  /** The compiler's diagnostics of a file as it is now. */
  const own = (fileName: string): ReturnType<typeof toTypeScript> => {
    const program = languageService.getProgram()
    const file = program?.getSourceFile(fileName)
    if (program === undefined || file === undefined) return []
    return toTypeScript(typescript, program, file, mistakesOf(fileName))
  }

  return {
    ...languageService,

    getSemanticDiagnostics(fileName) {
      const theirs = languageService.getSemanticDiagnostics(fileName)
      if (!isProgram(fileName)) return theirs
      return guarded(log, fileName, () => [...theirs, ...own(fileName).map(({ diagnostic }) => diagnostic)], theirs)
    },

    getQuickInfoAtPosition(fileName, position, maximumLength) {
      const theirs = languageService.getQuickInfoAtPosition(fileName, position, maximumLength)
      if (!isProgram(fileName) || theirs === undefined || (theirs.documentation ?? []).length > 0) return theirs
      return guarded(
        log,
        fileName,
        () => ({
          ...theirs,
          documentation: [...callbackDocumentation(typescript, languageService, fileName, position)],
        }),
        theirs,
      )
    },

    getSupportedCodeFixes(fileName) {
      const theirs = languageService.getSupportedCodeFixes(fileName)
      return [...new Set([...theirs, ...diagnosticNumbers.map(String)])]
    },

    getCodeFixesAtPosition(fileName, start, end, errorCodes, formatOptions, preferences) {
      const ask = (codes: readonly number[]) =>
        languageService.getCodeFixesAtPosition(fileName, start, end, codes, formatOptions, preferences)
      if (!isProgram(fileName)) return ask(errorCodes)
      const here = guarded(
        log,
        fileName,
        () => own(fileName).filter(({ diagnostic: one }) => one.start === start && one.start + one.length === end),
        [],
      ).filter(({ diagnostic }) => errorCodes.includes(diagnostic.code))
      if (here.length === 0) return ask(errorCodes)
      // TypeScript has numbers of its own, some of them the same: it is asked of those only that it said.
      const said = new Set(
        languageService
          .getSemanticDiagnostics(fileName)
          .filter((one) => one.start === start)
          .map(({ code }) => code),
      )
      const ours = new Set(here.map(({ diagnostic }) => diagnostic.code))
      const theirs = errorCodes.filter((code) => !ours.has(code) || said.has(code))
      const file = languageService.getProgram()?.getSourceFile(fileName)
      const fixes = guarded(
        log,
        fileName,
        () =>
          file === undefined
            ? []
            : here.flatMap(({ mistake }) => (mistake === undefined ? [] : fixesOf(typescript, file, mistake))),
        [],
      )
      return [...fixes, ...(theirs.length === 0 ? [] : ask(theirs))]
    },
  }
}
