import type { CallExpression, Expression, Program } from 'oxc-parser'
import { fail, type ModuleScope } from './scope.ts'

/** What makes a program of a module: an algorithm, or what runs at events of connections. */
export type ProgramMaker = 'structOps' | 'sockOps'

/** A program that a module exports. */
export interface ExportedCall {
  /** Under which name; `default`. */
  readonly exported: string
  readonly make: ProgramMaker
  readonly call: CallExpression
}

/** The programs that a module exports, in their order. */
export function exportedCalls(
  scope: ModuleScope,
  program: Program,
  collect: (make: () => void) => void,
): readonly ExportedCall[] {
  const found: ExportedCall[] = []
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement
      const made =
        declaration.type === 'Identifier' ? variableCall(program, declaration.name) : madeBy(declaration as Expression) // others are none
      if (made === undefined) collect(() => fail({ module: scope }, declaration, 'no-struct-ops', {}))
      else found.push({ exported: 'default', ...made })
    } else if (statement.type === 'ExportNamedDeclaration' && statement.declaration?.type === 'VariableDeclaration')
      for (const { id, init } of statement.declaration.declarations) {
        const made = init == null ? undefined : madeBy(init)
        if (made !== undefined && id.type === 'Identifier') found.push({ exported: id.name, ...made })
      }
  }
  return found
}

function madeBy(node: Expression): Pick<ExportedCall, 'make' | 'call'> | undefined {
  if (node.type === 'ParenthesizedExpression') return madeBy(node.expression)
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return undefined
  const { name } = node.callee
  return name === 'structOps' || name === 'sockOps' ? { make: name, call: node } : undefined
}

function variableCall(program: Program, name: string): Pick<ExportedCall, 'make' | 'call'> | undefined {
  for (const statement of program.body) {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (node?.type !== 'VariableDeclaration') continue
    const declarator = node.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
    if (declarator?.init != null) return madeBy(declarator.init)
  }
  return undefined
}
