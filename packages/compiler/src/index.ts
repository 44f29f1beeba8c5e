export { type Compiled, type CompileOptions, compile, type PassName, passes } from './compile.ts'
export { type Diagnostic, diagnosticText, type Span } from './diagnostics.ts'
