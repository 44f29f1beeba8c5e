import type { Span } from '../diagnostics.ts'
import type { SourceFile } from '../source-file.ts'

/** Names that a pattern or an expression has, as it stands. */
export function namesIn(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return []
  if (Array.isArray(node)) return node.flatMap(namesIn)
  const { type, name } = node as { readonly type?: unknown; readonly name?: unknown } // any node of the tree has a type
  if (type === 'Identifier' && typeof name === 'string') return [name]
  return Object.values(node).flatMap(namesIn)
}

/** What the program says, as it stands there. */
export function textOf(context: { readonly module: { readonly file: SourceFile } }, span: Span): string {
  return context.module.file.text.slice(span.start, span.end)
}

/** Any node of the tree. */
export interface Node extends Span {
  readonly type: string
}

/** Is it a node of the tree? */
export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value
  )
}

/** Nodes within a node, in their order. */
export function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value: unknown) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}
