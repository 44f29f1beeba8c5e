import type { Expression, Node } from 'oxc-parser'
import { childrenOf } from './syntax-tree.ts'

/** Names that something in a function's body assigns to. */
export function assignedIn(body: Node | null): ReadonlySet<string> {
  const found = new Set<string>()
  if (body !== null) collect(body, found)
  return found
}

/** Of all nodes of a function: what is frequent is written out. */
function collect(node: Node, found: Set<string>): void {
  switch (node.type) {
    case 'Identifier':
    case 'Literal':
      return
    case 'MemberExpression':
      collect(node.object, found)
      if (node.computed) collect(node.property, found)
      return
    case 'CallExpression':
      if (node.callee.type !== 'Identifier') collect(node.callee, found)
      for (const argument of node.arguments) collect(argument, found)
      return
    case 'BinaryExpression':
    case 'LogicalExpression':
      collect(node.left, found)
      collect(node.right, found)
      return
    case 'AssignmentExpression':
      collectTarget(node.left as Expression, found) // a pattern is no place
      collect(node.left, found)
      collect(node.right, found)
      return
    case 'UpdateExpression':
      collectTarget(node.argument as Expression, found)
      collect(node.argument, found)
      return
    case 'ExpressionStatement':
    case 'ParenthesizedExpression':
      collect(node.expression, found)
      return
    case 'BlockStatement':
      for (const statement of node.body) collect(statement, found)
      return
    case 'IfStatement':
      collect(node.test, found)
      collect(node.consequent, found)
      if (node.alternate != null) collect(node.alternate, found)
      return
    case 'ReturnStatement':
      if (node.argument != null) collect(node.argument, found)
      return
    case 'VariableDeclaration':
      for (const { init } of node.declarations) if (init != null) collect(init, found)
      return
    default:
      for (const child of childrenOf(node)) collect(child as Node, found) // any node of the tree
  }
}

/** `x`, `(x)` and `x!`. */
function collectTarget(target: Expression, found: Set<string>): void {
  if (target.type === 'Identifier') found.add(target.name)
  else if (target.type === 'ParenthesizedExpression' || target.type === 'TSNonNullExpression')
    collectTarget(target.expression, found)
}
