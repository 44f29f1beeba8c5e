import type { Expression, Statement, SwitchStatement, VariableDeclaration } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import { isAddress, isData, type Type, typeName, U32 } from '../types.ts'
import { truth } from './expressions.ts'
import { giveBack } from './functions.ts'
import { forLoop, forOf, loop } from './loops.ts'
import { makeObject } from './objects.ts'
import { at, type Context, fail, narrow, scoped } from './scope.ts'
import { typeOfAnnotation } from './type-annotations.ts'
import { addressFor, commonType, converted, copy, intOf, widened, widthOf } from './values.ts'

const INSTEAD: Readonly<Record<string, readonly [what: string, instead?: string]>> = {
  TryStatement: ['try', 'return early: there are no exceptions'],
  ThrowStatement: ['throw', 'return early: there are no exceptions'],
  ForInStatement: ['for … in', 'for (const i of range(n))'],
  LabeledStatement: ['a label', 'a function that returns'],
  ClassDeclaration: ['a class', 'an interface for data, and functions'],
  FunctionDeclaration: ['a function inside of another', 'a function of the module'],
  WithStatement: ['with'],
  DebuggerStatement: ['debugger', 'printk'],
  TSInterfaceDeclaration: ['an interface inside of a function', 'an interface of the module'],
  TSEnumDeclaration: ['enum', 'constants: const OPEN = 0'],
}

/** Steps of one function with what is inlined: many times what any algorithm has. */
const MOST_STEPS = 10_000

/** One statement; what follows a `return` in a block is never reached, and left out. */
export function lowerStatement(cx: Context, node: Statement): void {
  if (cx.ir.ended) return
  if (cx.ir.steps > MOST_STEPS) fail(cx, node, 'too-long', { name: cx.calling.at(-1) ?? 'this' })
  at(cx, node)
  switch (node.type) {
    case 'ExpressionStatement':
      cx.lower.expression(cx, node.expression)
      return
    case 'VariableDeclaration':
      declare(cx, node)
      return
    case 'ReturnStatement':
      giveBack(cx, node.argument ?? undefined, node)
      return
    case 'IfStatement':
      branches(cx, node)
      return
    case 'BlockStatement': {
      const inner = scoped(cx)
      for (const statement of node.body) lowerStatement(inner, statement)
      return
    }
    case 'WhileStatement':
      loop(cx, { node, test: node.test, body: node.body, testFirst: true })
      return
    case 'DoWhileStatement':
      loop(cx, { node, test: node.test, body: node.body, testFirst: false })
      return
    case 'ForStatement':
      forLoop(cx, node, declare)
      return
    case 'ForOfStatement':
      forOf(cx, node)
      return
    case 'SwitchStatement':
      choose(cx, node)
      return
    case 'BreakStatement':
    case 'ContinueStatement': {
      const to = node.type === 'BreakStatement' ? cx.exits.breakTo : cx.exits.continueTo
      if (to === undefined || node.label != null)
        fail(cx, node, 'not-in-language', { what: node.label == null ? 'this here' : 'a label' })
      cx.ir.end({ op: 'jump', to })
      return
    }
    case 'EmptyStatement':
      return
    default: {
      const [what, instead] = INSTEAD[node.type] ?? [
        `a ${node.type.replace(/Statement|Declaration/, '').toLowerCase()} statement`,
      ]
      fail(cx, node, 'not-in-language', { what, ...(instead === undefined ? {} : { instead }) })
    }
  }
}

function declare(cx: Context, node: VariableDeclaration): void {
  if (node.kind !== 'let' && node.kind !== 'const')
    fail(cx, node, 'not-in-language', { what: node.kind, instead: 'let or const' })
  for (const { id, init } of node.declarations) {
    if (id.type !== 'Identifier')
      fail(cx, id, 'not-in-language', { what: 'taking apart', instead: 'a const for each: const a = x.a' })
    const annotation = id.typeAnnotation == null ? undefined : typeOfAnnotation(cx, id.typeAnnotation.typeAnnotation)
    declareOne(cx, { name: id.name, span: id, annotation, init: init ?? undefined, isConst: node.kind === 'const' })
  }
}

interface Declaration {
  readonly name: string
  readonly span: { readonly start: number; readonly end: number }
  readonly annotation: Type | undefined
  readonly init: Expression | undefined
  readonly isConst: boolean
}

function declareOne(cx: Context, { name, span, annotation, init, isConst }: Declaration): void {
  if (annotation !== undefined && (annotation.kind === 'record' || annotation.kind === 'array')) {
    const isLiteral = init === undefined || init.type === 'ObjectExpression' || init.type === 'ArrayExpression'
    if (isLiteral) {
      cx.variables.set(name, { ...makeObject(cx, annotation, init, span), assignable: false })
      return
    }
  }
  if (init === undefined) {
    if (annotation === undefined) fail(cx, span, 'needs-type', { what: name })
    if (!isData(annotation)) fail(cx, span, 'needs-value', { name, type: typeName(annotation) })
    const dst = cx.ir.fresh()
    cx.ir.emit({ op: 'move', width: widthOf(annotation), dst, a: imm(0) })
    cx.variables.set(name, { type: annotation, operand: reg(dst), assignable: true })
    return
  }
  const found = cx.lower.expression(cx, init)
  at(cx, init)
  const { kind } = found.type
  if (kind === 'void' || kind === 'handle' || kind === 'text' || (kind === 'null' && annotation === undefined))
    fail(cx, init, 'not-a-value', { what: kind === 'void' ? 'this' : typeName(found.type) })
  const type: Type = annotation ?? (kind === 'literal' ? U32 : found.type)
  if (isAddress(type)) {
    const value = addressFor(cx, init, found, type)
    if (value.memory !== undefined && 'imm' in value.operand && value.type.kind !== 'null') {
      cx.variables.set(name, { ...value, assignable: false })
      return
    }
    const dst = cx.ir.fresh()
    copy(cx, dst, type, value.operand)
    const known = value.type.kind === 'null' ? type : value.type
    cx.variables.set(name, { ...value, type: known, declared: type, operand: reg(dst), assignable: !isConst })
    return
  }
  const operand = type.kind === 'int' ? converted(cx, init, found, type) : truth(cx, init, found)
  const max = found.max === undefined || !isConst ? {} : { max: found.max }
  if (isConst && 'imm' in operand) {
    cx.variables.set(name, {
      type: annotation ?? (kind === 'literal' ? { kind: 'literal' } : type),
      operand,
      assignable: false,
    })
    return
  }
  const dst = cx.ir.fresh()
  copy(cx, dst, type, operand)
  cx.variables.set(name, { type, operand: reg(dst), assignable: !isConst, ...max })
}

function branches(cx: Context, node: Extract<Statement, { type: 'IfStatement' }>): void {
  const [yes, no] = [cx.ir.block(), cx.ir.block()]
  const after = node.alternate == null ? no : cx.ir.block()
  const guards = guardsOf(cx, node.test)
  const narrowed = cx.lower.condition(cx, node.test, yes, no)
  const arm = (block: number, statement: Statement, names: readonly string[], guarded: readonly string[]): boolean => {
    cx.ir.enter(block)
    const inner: Context = { ...scoped(cx), guarded: new Set([...cx.guarded, ...guarded]) }
    narrow(inner, names)
    lowerStatement(inner, statement)
    const left = cx.ir.ended
    cx.ir.end({ op: 'jump', to: after })
    return left
  }
  const yesLeft = arm(yes, node.consequent, narrowed.yes, guards)
  if (node.alternate != null) {
    const noLeft = arm(no, node.alternate, narrowed.no, [])
    if (noLeft) narrow(cx, narrowed.yes)
  }
  cx.ir.enter(after)
  // if (x === null) return: from here on it is not.
  if (yesLeft) narrow(cx, narrowed.no)
}

/** What `exists(…)` in a condition vouches for. */
export function guardsOf(cx: Context, test: Expression): readonly string[] {
  if (test.type === 'ParenthesizedExpression') return guardsOf(cx, test.expression)
  if (test.type === 'LogicalExpression' && test.operator === '&&')
    return [...guardsOf(cx, test.left), ...guardsOf(cx, test.right)]
  if (test.type !== 'CallExpression' || test.callee.type !== 'Identifier' || test.callee.name !== 'exists') return []
  const [argument] = test.arguments
  if (argument?.type === 'Identifier') return [`enumerator:${argument.name}`]
  return argument?.type === 'MemberExpression' ? fieldPath(cx, argument) : []
}

/** Struct and path of a field, without computing anything. */
function fieldPath(cx: Context, node: Expression): readonly string[] {
  const path: string[] = []
  let at = node
  while (at.type === 'MemberExpression' && !at.computed && at.property.type === 'Identifier') {
    path.unshift(at.property.name)
    at = at.object
  }
  const root =
    at.type === 'Identifier'
      ? cx.variables.get(at.name)?.type
      : at.type === 'CallExpression' && at.callee.type === 'Identifier'
        ? cx.module.header.struct({ tcp_sk: 'tcp_sock', inet_csk: 'inet_connection_sock' }[at.callee.name] ?? '')
        : undefined
  return root?.kind === 'struct'
    ? [`${root.root}.${[...(root.path === '' ? [] : [root.path]), ...path].join('.')}`]
    : []
}

function choose(cx: Context, node: SwitchStatement): void {
  const value = cx.lower.expression(cx, node.discriminant)
  intOf(cx, node.discriminant, value, U32)
  const after = cx.ir.block()
  const bodies = node.cases.map(() => cx.ir.block())
  let fallback = after
  for (const [i, one] of node.cases.entries()) {
    const body = bodies[i] ?? after
    if (one.test == null) {
      fallback = body
      continue
    }
    const wanted = cx.lower.expression(cx, one.test)
    const type = commonType(cx, one.test, '===', value, wanted)
    const next = cx.ir.block()
    const [a, b] = [widened(cx, one.test, value, type), widened(cx, one.test, wanted, type)]
    at(cx, one.test)
    cx.ir.end({ op: 'branch', if: 'eq', width: widthOf(type), a, b, yes: body, no: next })
    cx.ir.enter(next)
  }
  cx.ir.end({ op: 'jump', to: fallback })
  const inner: Context = { ...scoped(cx), exits: { ...cx.exits, breakTo: after } }
  for (const [i, one] of node.cases.entries()) {
    cx.ir.enter(bodies[i] ?? after)
    for (const statement of one.consequent) lowerStatement(inner, statement)
    cx.ir.end({ op: 'jump', to: bodies[i + 1] ?? after })
  }
  cx.ir.enter(after)
}
