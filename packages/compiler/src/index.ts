export { type Compiled, type CompiledFunction, type CompileOptions, compile } from './compile.ts'
export { type Diagnostic, diagnosticText, type Span } from './diagnostics.ts'
export { irText } from './ir/print.ts'
export { type PassName, passNames } from './passes/optimize.ts'
