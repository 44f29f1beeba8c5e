import type { Expression } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import { type Condition, MIRRORED, type Operand, type Width } from '../ir/ir.ts'
import { BOOL, isAddress, type Type, typeName } from '../types.ts'
import { limitsToldBy, mostToldBy } from './limits.ts'
import { vouchedBy } from './questions.ts'
import { at, attempt, type Context, fail, giveUp, type Narrowed, narrow, scoped, type Value } from './scope.ts'
import { namesIn, textOf } from './syntax-tree.ts'
import { commonType, widened, widthOf } from './values.ts'

const conditions: Readonly<Record<string, readonly [unsigned: Condition, signed: Condition]>> = {
  '===': ['eq', 'eq'],
  '==': ['eq', 'eq'],
  '!==': ['ne', 'ne'],
  '!=': ['ne', 'ne'],
  '<': ['lt', 'slt'],
  '<=': ['le', 'sle'],
  '>': ['gt', 'sgt'],
  '>=': ['ge', 'sge'],
}

/** Does an operator give a truth value? */
export const isComparison = (operator: string): boolean => operator in conditions

const NOTHING: Narrowed = { yes: [], no: [] }

/** A truth value as a number. */
export function asBool(cx: Context, node: Expression): Value {
  const [yes, no, after] = [cx.ir.block(), cx.ir.block(), cx.ir.block()]
  const dst = cx.ir.fresh()
  lowerCondition(cx, node, yes, no)
  for (const [block, value] of [
    [yes, 1],
    [no, 0],
  ] as const) {
    cx.ir.enter(block)
    cx.ir.emit({ op: 'move', width: 32, dst, a: imm(value) })
    cx.ir.end({ op: 'jump', to: after })
  }
  cx.ir.enter(after)
  return { type: BOOL, operand: reg(dst), max: 1n }
}

/** Go to one block where an expression is true, to the other where it is not; gives who is not null then. */
export function lowerCondition(cx: Context, node: Expression, yes: number, no: number): Narrowed {
  at(cx, node)
  switch (node.type) {
    case 'ParenthesizedExpression':
      // `if ((x = y))` is meant: it has parentheses of its own.
      if (node.expression.type !== 'AssignmentExpression') return lowerCondition(cx, node.expression, yes, no)
      break
    case 'UnaryExpression':
      if (node.operator === '!') {
        const inner = lowerCondition(cx, node.argument, no, yes)
        return { yes: inner.no, no: inner.yes }
      }
      break
    case 'LogicalExpression':
      return logical(cx, node, yes, no)
    case 'BinaryExpression': {
      const names = conditions[node.operator]
      // No private name: its operator is `in`.
      if (names !== undefined) return comparison(cx, node.left as Expression, node.right, { node, names, yes, no })
      break
    }
    case 'CallExpression':
      if (cx.lower.callCondition(cx, node, yes, no)) return NOTHING
      break
    case 'AssignmentExpression':
      if (node.operator === '=')
        fail(cx, node, 'not-in-language', {
          what: 'an assignment as a condition',
          instead: `${textOf(cx, node.left)} === ${textOf(cx, node.right)}`,
        })
  }
  const value = cx.lower.expression(cx, node)
  if (value.type.kind === 'void' || value.type.kind === 'text' || value.type.kind === 'handle')
    fail(cx, node, 'not-a-value', { what: value.type.kind === 'void' ? 'this' : typeName(value.type) })
  branch(cx, 'ne', widthOf(value.type), value.operand, imm(0), yes, no)
  if (value.type.kind === 'nullable' && node.type === 'Identifier') return { yes: [node.name], no: [] }
  const vouched = vouchedBy(cx, node)
  return vouched.length === 0 ? NOTHING : { yes: vouched, no: [] }
}

function logical(
  cx: Context,
  node: Extract<Expression, { type: 'LogicalExpression' }>,
  yes: number,
  no: number,
): Narrowed {
  if (node.operator === '??')
    return fail(cx, node, 'not-in-language', { what: 'the operator ??', instead: 'if (x === null) …' })
  const both = node.operator === '&&'
  const next = cx.ir.block()
  const left = attempt(cx, () =>
    both ? lowerCondition(cx, node.left, next, no) : lowerCondition(cx, node.left, yes, next),
  )
  cx.ir.enter(next)
  const inner = scoped(cx)
  narrow(inner, left === undefined ? namesIn(node.left) : both ? left.yes : left.no)
  const right = lowerCondition(inner, node.right, yes, no)
  if (left === undefined) return giveUp()
  return both ? { yes: [...left.yes, ...right.yes], no: [] } : { yes: [], no: [...left.no, ...right.no] }
}

interface Comparison {
  readonly node: Expression
  readonly names: readonly [Condition, Condition]
  readonly yes: number
  readonly no: number
}

function comparison(cx: Context, first: Expression, second: Expression, to: Comparison): Narrowed {
  const { node, names, yes, no } = to
  const test = plain(first)
  if (
    test.type === 'BinaryExpression' &&
    isOrder(test.operator) &&
    node.type === 'BinaryExpression' &&
    isOrder(node.operator)
  )
    return fail(cx, node, 'not-in-language', {
      what: 'a comparison of a comparison',
      instead: `${textOf(cx, test)} && ${textOf(cx, test.right)} ${node.operator} ${textOf(cx, second)}`,
    })
  const left = attempt(cx, () => cx.lower.expression(cx, first))
  const right = attempt(cx, () => cx.lower.expression(cx, second))
  if (left === undefined || right === undefined) return giveUp()
  at(cx, node)
  if (isAddress(left.type) || isAddress(right.type)) {
    const [condition] = names
    const isNull = left.type.kind === 'null' || right.type.kind === 'null'
    if ((condition !== 'eq' && condition !== 'ne') || !(isNull || sameKind(left.type, right.type)))
      return fail(cx, node, 'wrong-type', { want: typeName(left.type), found: typeName(right.type) })
    branch(cx, condition, 64, left.operand, right.operand, yes, no)
    const tested = left.type.kind === 'null' ? second : first
    const names2 = isNull && tested.type === 'Identifier' ? [tested.name] : []
    return condition === 'eq' ? { yes: [], no: names2 } : { yes: names2, no: [] }
  }
  const operator = node.type === 'BinaryExpression' ? node.operator : '==='
  if (left.type.kind === 'text' || right.type.kind === 'text')
    return fail(cx, node, 'not-in-language', { what: 'a comparison of texts' })
  const type = commonType(cx, node, operator, left, right)
  const [a, b] = [widened(cx, node, left, type), widened(cx, node, right, type)]
  branch(cx, names[type.signed ? 1 : 0], widthOf(type), a, b, yes, no)
  const told = limitsToldBy(cx, first, operator, second)
  if (type.signed) return told
  const most = mostToldBy(cx, { node: test, value: left }, operator, { node: plain(second), value: right })
  return { yes: [...told.yes, ...most.yes], no: [...told.no, ...most.no] }
}

const plain = (node: Expression): Expression =>
  node.type === 'ParenthesizedExpression' ? plain(node.expression) : node

const isOrder = (operator: string): boolean => /^[<>]=?$/.test(operator)

function sameKind(a: Type, b: Type): boolean {
  const [x, y] = [a.kind === 'nullable' ? a.of : a, b.kind === 'nullable' ? b.of : b]
  return x.kind === y.kind
}

/** A branch; a number can only stand on the right. */
export function branch(
  cx: Context,
  condition: Condition,
  width: Width,
  a: Operand,
  b: Operand,
  yes: number,
  no: number,
): void {
  const swap = 'imm' in a && 'reg' in b
  cx.ir.end({
    op: 'branch',
    if: swap ? MIRRORED[condition] : condition,
    width,
    a: swap ? b : a,
    b: swap ? a : b,
    yes,
    no,
  })
}
