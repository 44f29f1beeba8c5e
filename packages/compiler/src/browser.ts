import { type Compiled, type CompileOptions, compileWith } from './compile-with.ts'
import { compilerErrors } from './compiler-errors.ts'

export type { CompiledFunction } from './compile-with.ts'
export {
  type Diagnostic,
  type DiagnosticName,
  type DiagnosticPart,
  type DiagnosticTextOptions,
  diagnosticCodes,
  diagnosticText,
  type Span,
} from './diagnostics.ts'
export { irText } from './ir/print.ts'
export type { Mend } from './mends.ts'
export type { Parse, Parsed, SyntaxMistake } from './parse.ts'
export { type PassName, passNames } from './passes/optimize.ts'
export type { Compiled, CompileOptions }

/** As everywhere, without a parser of its own: throws `compiler/no-parser` where the options have none. */
export function compile(text: string, options: CompileOptions = {}): Compiled {
  const { parse } = options
  if (parse === undefined) throw compilerErrors.make('no-parser', {})
  return compileWith(text, { ...options, parse })
}
