export { type Compiled, type CompiledFunction, type CompileOptions, compile } from './compile.ts'
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
export { type PassName, passNames } from './passes/optimize.ts'
