export { compile } from './compile.ts'
export type { Compiled, CompiledFunction, CompileOptions } from './compile-with.ts'
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
