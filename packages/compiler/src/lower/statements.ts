import type { Expression, ForStatement, Statement, SwitchStatement, VariableDeclaration } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import { type Type, U32 } from '../types.ts'
import { typeOfAnnotation } from './functions.ts'
import { type Context, fail } from './scope.ts'
import { argumentFor, commonType, converted, copy, intOf, widened, widthOf } from './values.ts'

/** One statement; what follows a `return` in a block is never reached, and left out. */
export function lowerStatement(cx: Context, node: Statement): void {
  if (cx.ir.ended) return
  cx.ir.at(node)
  switch (node.type) {
    case 'ExpressionStatement':
      cx.lower.expression(cx, node.expression)
      return
    case 'VariableDeclaration':
      declare(cx, node)
      return
    case 'ReturnStatement':
      leave(cx, node.argument ?? undefined, node)
      return
    case 'IfStatement':
      branches(cx, node)
      return
    case 'BlockStatement': {
      const inner: Context = { ...cx, variables: new Map(cx.variables) }
      for (const statement of node.body) lowerStatement(inner, statement)
      return
    }
    case 'WhileStatement':
      loop(cx, { test: node.test, body: node.body, testFirst: true })
      return
    case 'DoWhileStatement':
      loop(cx, { test: node.test, body: node.body, testFirst: false })
      return
    case 'ForStatement':
      forLoop(cx, node)
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
    default:
      fail(cx, node, 'not-in-language', {
        what: `a ${node.type.replace(/Statement|Declaration/, '').toLowerCase()} statement`,
      })
  }
}

function declare(cx: Context, node: VariableDeclaration): void {
  if (node.kind !== 'let' && node.kind !== 'const')
    fail(cx, node, 'not-in-language', { what: node.kind, instead: 'let or const' })
  for (const { id, init } of node.declarations) {
    if (id.type !== 'Identifier') fail(cx, id, 'not-in-language', { what: 'taking apart' })
    const annotation = id.typeAnnotation == null ? undefined : typeOfAnnotation(cx, id.typeAnnotation.typeAnnotation)
    if (init == null) {
      if (annotation === undefined) fail(cx, id, 'needs-type', { what: id.name })
      const dst = cx.ir.fresh()
      cx.ir.emit({ op: 'move', width: widthOf(annotation), dst, a: imm(0) })
      cx.variables.set(id.name, { type: annotation, operand: reg(dst), assignable: true })
      continue
    }
    const found = annotation === undefined ? cx.lower.expression(cx, init) : undefined
    const type: Type = annotation ?? (found?.type.kind === 'literal' || found === undefined ? U32 : found.type)
    const operand =
      found === undefined
        ? argumentFor(cx, init, type)
        : type.kind === 'int'
          ? converted(cx, init, found, type)
          : found.operand
    if (node.kind === 'const' && 'imm' in operand) {
      cx.variables.set(id.name, { type: annotation ?? { kind: 'literal' }, operand, assignable: false })
      continue
    }
    const dst = cx.ir.fresh()
    copy(cx, dst, type, operand)
    cx.variables.set(id.name, { type, operand: reg(dst), assignable: node.kind === 'let' })
  }
}

function leave(cx: Context, value: Expression | undefined, node: Statement): void {
  const { type, leave: to, branch } = cx.exits.returns
  if (branch !== undefined && value !== undefined) {
    cx.lower.condition(cx, value, branch.yes, branch.no)
    return
  }
  if (type === undefined || type.kind === 'void') {
    if (value !== undefined) cx.lower.expression(cx, value)
    to(undefined)
    return
  }
  if (value === undefined) fail(cx, node, 'wrong-type', { want: 'a value', found: 'none' })
  to(argumentFor(cx, value, type))
}

function branches(cx: Context, node: Extract<Statement, { type: 'IfStatement' }>): void {
  const [yes, no] = [cx.ir.block(), cx.ir.block()]
  const after = node.alternate == null ? no : cx.ir.block()
  cx.lower.condition(cx, node.test, yes, no)
  cx.ir.enter(yes)
  lowerStatement({ ...cx, variables: new Map(cx.variables) }, node.consequent)
  cx.ir.end({ op: 'jump', to: after })
  if (node.alternate != null) {
    cx.ir.enter(no)
    lowerStatement({ ...cx, variables: new Map(cx.variables) }, node.alternate)
    cx.ir.end({ op: 'jump', to: after })
  }
  cx.ir.enter(after)
}

interface Loop {
  readonly test: Expression | undefined
  readonly body: Statement
  readonly testFirst: boolean
  readonly update?: Expression | undefined
}

function loop(cx: Context, { test, body, testFirst, update }: Loop): void {
  const [again, inside, next, after] = [cx.ir.block(), cx.ir.block(), cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'jump', to: testFirst ? again : inside })
  cx.ir.enter(again)
  if (test === undefined) cx.ir.end({ op: 'jump', to: inside })
  else cx.lower.condition(cx, test, inside, after)
  cx.ir.enter(inside)
  const exits = { ...cx.exits, breakTo: after, continueTo: next }
  lowerStatement({ ...cx, variables: new Map(cx.variables), exits }, body)
  cx.ir.end({ op: 'jump', to: next })
  cx.ir.enter(next)
  if (update !== undefined) cx.lower.expression(cx, update)
  cx.ir.end({ op: 'jump', to: again })
  cx.ir.enter(after)
}

function forLoop(cx: Context, node: ForStatement): void {
  const inner: Context = { ...cx, variables: new Map(cx.variables) }
  if (node.init != null) {
    if (node.init.type === 'VariableDeclaration') declare(inner, node.init)
    else cx.lower.expression(inner, node.init)
  }
  loop(inner, { test: node.test ?? undefined, body: node.body, testFirst: true, update: node.update ?? undefined })
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
    cx.ir.end({ op: 'branch', if: 'eq', width: widthOf(type), a, b, yes: body, no: next })
    cx.ir.enter(next)
  }
  cx.ir.end({ op: 'jump', to: fallback })
  const inner: Context = { ...cx, variables: new Map(cx.variables), exits: { ...cx.exits, breakTo: after } }
  for (const [i, one] of node.cases.entries()) {
    cx.ir.enter(bodies[i] ?? after)
    for (const statement of one.consequent) lowerStatement(inner, statement)
    cx.ir.end({ op: 'jump', to: bodies[i + 1] ?? after })
  }
  cx.ir.enter(after)
}
