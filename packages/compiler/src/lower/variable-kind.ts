import type { VariableDeclaration } from 'oxc-parser'
import { type Context, fail } from './scope.ts'

/** `let` and `const`, not `var` and `using`. */
export function checkKind(context: { readonly module: Context['module'] }, node: VariableDeclaration): void {
  if (node.kind === 'let' || node.kind === 'const') return
  const span = { start: node.start, end: node.start + node.kind.length }
  fail(context, span, 'not-in-language', { what: node.kind, instead: node.kind === 'var' ? 'let' : 'const' })
}
