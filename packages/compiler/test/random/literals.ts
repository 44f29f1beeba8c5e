// Random literals of records and arrays.
import { boolExpr, exprOf } from './expressions.ts'
import type { Scope, Shape, State } from './model.ts'

/** `{ lo: 1, hi: x }`, and how it fills an object. */
export function literalOf(
  scope: Scope,
  shape: Shape,
): { readonly text: string; fill(s: State, object: Map<string, bigint>, path: string): void } {
  const { random } = scope
  if (shape.kind === 'scalar') {
    const { type } = shape
    if (type === 'bool') {
      const value = boolExpr(scope, 1)
      return { text: value.text, fill: (s, object, path) => void object.set(path, value.holds(s) ? 1n : 0n) }
    }
    const value = exprOf(scope, type, 1)
    return { text: value.text, fill: (s, object, path) => void object.set(path, value.value(s)) }
  }
  const members =
    shape.kind === 'record'
      ? Object.entries(shape.fields).map(([name, of]) => ({ name, label: `${name}: `, of }))
      : Array.from({ length: random.percent(70) ? shape.length : random.below(shape.length + 1) }, (_, i) => ({
          name: `${i}`,
          label: '',
          of: shape.element,
        }))
  const parts = members.map(({ name, label, of }) => ({ name, label, inner: literalOf(scope, of) }))
  const text = parts.map(({ label, inner }) => label + inner.text).join(', ')
  return {
    text: shape.kind === 'record' ? `{ ${text} }` : `[${text}]`,
    fill(s, object, path) {
      for (const { name, inner } of parts) inner.fill(s, object, path === '' ? name : `${path}.${name}`)
    },
  }
}
