import type { Statement, TSInterfaceDeclaration } from 'oxc-parser'
import { alignOfData, type DataType, isData, type Layout, sizeOfData, typeName } from '../types.ts'
import { fail, type ModuleScope } from './scope.ts'
import { typeOfAnnotation } from './type-annotations.ts'

/** What a statement declares, exported or not. */
export const declarationOf = (statement: Statement): Statement =>
  statement.type === 'ExportNamedDeclaration' && statement.declaration != null
    ? (statement.declaration as Statement) // what may be exported is a statement of its own
    : statement

/** Take up an interface, and before it those that it holds. */
export function declareInterface(
  scope: ModuleScope,
  node: TSInterfaceDeclaration,
  interfaces: readonly TSInterfaceDeclaration[],
  path: readonly string[],
): void {
  const { name } = node.id
  if (scope.layouts.get(name)?.node === node) return // another interface needed it already
  if (scope.layouts.has(name)) fail({ module: scope }, node.id, 'duplicate', { name })
  scope.layouts.set(name, layoutOf(scope, node, interfaces, [...path, name]))
}

/** Members one behind the other, aligned as C does. */
function layoutOf(
  scope: ModuleScope,
  node: TSInterfaceDeclaration,
  interfaces: readonly TSInterfaceDeclaration[],
  path: readonly string[],
): Layout {
  const fields = new Map<string, { readonly offset: number; readonly type: DataType }>()
  let [size, align] = [0, 1]
  if (node.typeParameters != null)
    fail({ module: scope }, node.typeParameters, 'not-in-language', {
      what: 'a type parameter',
      instead: 'an interface for each type',
    })
  const [base] = node.extends
  if (base !== undefined)
    fail({ module: scope }, base, 'not-in-language', { what: 'extends', instead: 'a member of that type' })
  for (const member of node.body.body) {
    const annotation = member.type === 'TSPropertySignature' ? member.typeAnnotation?.typeAnnotation : undefined
    if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier' || member.optional)
      return fail({ module: scope }, member, 'not-in-language', { what: 'this member', instead: 'name: type' })
    if (annotation === undefined) return fail({ module: scope }, member, 'needs-type', { what: member.key.name })
    // An interface that is declared further down.
    if (annotation.type === 'TSTypeReference' && annotation.typeName.type === 'Identifier') {
      const wanted = annotation.typeName.name
      const other = interfaces.find((one) => one.id.name === wanted)
      if (path.includes(wanted)) return fail({ module: scope }, annotation, 'contains-itself', { name: wanted })
      if (other !== undefined) declareInterface(scope, other, interfaces, path)
    }
    const type = typeOfAnnotation({ module: scope }, annotation)
    if (!isData(type))
      return fail({ module: scope }, annotation, 'wrong-type', {
        want: 'a type that lies in memory',
        found: typeName(type),
      })
    if (fields.has(member.key.name)) return fail({ module: scope }, member.key, 'duplicate', { name: member.key.name })
    const own = alignOfData(type)
    const offset = Math.ceil(size / own) * own
    fields.set(member.key.name, { offset, type })
    size = offset + sizeOfData(type)
    align = Math.max(align, own)
  }
  return { name: node.id.name, node, size: Math.ceil(size / align) * align, align, fields }
}
