import type { Expression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm, reg } from '../ir/builder.ts'
import { BOOL, type IntType, isAddress, type Type, typeName } from '../types.ts'
import { branch, lowerCondition } from './conditions.ts'
import { at, type Context, fail, narrow, scoped, type Value } from './scope.ts'
import { addressFor, commonType, copy, truth, widened, widthOf } from './values.ts'

/** `a || b` of numbers is a where that is not 0, else b; `a && b` the other way round. */
export function logical(cx: Context, node: Extract<Expression, { type: 'LogicalExpression' }>): Value {
  if (node.operator === '??')
    return fail(cx, node, 'not-in-language', { what: 'the operator ??', instead: 'if (x === null) …' })
  const left = cx.lower.expression(cx, node.left)
  const [other, keep, after] = [cx.ir.block(), cx.ir.block(), cx.ir.block()]
  const or = node.operator === '||'
  const width = widthOf(left.type)
  branch(cx, 'ne', width, left.operand, imm(0), or ? keep : other, or ? other : keep)
  cx.ir.enter(other)
  const right = cx.lower.expression(scoped(cx), node.right)
  if (right.type.kind !== 'int' && right.type.kind !== 'literal')
    return fail(cx, node.right, 'wrong-type', { want: 'an integer', found: typeName(right.type) })
  const type = commonType(cx, node, '?:', left, right)
  const dst = cx.ir.fresh()
  const finish = (value: Value): void => {
    copy(cx, dst, type, widened(cx, node, value, type))
    cx.ir.end({ op: 'jump', to: after })
  }
  finish(right)
  cx.ir.enter(keep)
  finish(left)
  cx.ir.enter(after)
  return { type, operand: reg(dst), choices: choicesOf(left, right) }
}

/** What a choice between values is one of, in the end. */
const choicesOf = (left: Value, right: Value): readonly Value[] => [
  ...(left.choices ?? [left]),
  ...(right.choices ?? [right]),
]

/** `test ? a : b`. */
export function conditional(cx: Context, node: Extract<Expression, { type: 'ConditionalExpression' }>): Value {
  const [yes, no, after] = [cx.ir.block(), cx.ir.block(), cx.ir.block()]
  const narrowed = lowerCondition(cx, node.test, yes, no)
  const dst = cx.ir.fresh()
  cx.ir.enter(yes)
  const yesScope = scoped(cx)
  narrow(yesScope, narrowed.yes)
  const left = yesScope.lower.expression(yesScope, node.consequent)
  // Both sides have to be looked at before the type is known: what the first needs is put at its end.
  const leftEnd = cx.ir.block()
  cx.ir.end({ op: 'jump', to: leftEnd })
  cx.ir.enter(no)
  const noScope = scoped(cx)
  narrow(noScope, narrowed.no)
  const right = noScope.lower.expression(noScope, node.alternate)
  const { type, memory } = commonOf(cx, node, left, right)
  // One object on the stack, whichever way: it needs no register.
  const isObject = memory !== undefined && 'imm' in left.operand && 'imm' in right.operand && type.kind !== 'nullable'
  const finish = (value: Value, span: Span): void => {
    at(cx, span)
    const operand =
      type.kind === 'int'
        ? widened(cx, node, value, type)
        : type.kind === 'bool'
          ? truth(cx, span, value)
          : value.operand
    copy(cx, dst, type, operand)
    cx.ir.end({ op: 'jump', to: after })
  }
  finish(right, node.alternate)
  cx.ir.enter(leftEnd)
  finish(left, node.consequent)
  cx.ir.enter(after)
  return {
    type,
    operand: isObject ? imm(0) : reg(dst),
    ...(memory === undefined ? {} : { memory }),
    ...(type.kind === 'int' ? { choices: choicesOf(left, right) } : {}),
  }
}

/** The type that both arms of `?:` have. */
function commonOf(cx: Context, node: Span, left: Value, right: Value): Pick<Value, 'type' | 'memory'> {
  if (left.type.kind === 'bool' && right.type.kind === 'bool') return { type: BOOL }
  if (!isAddress(left.type) && !isAddress(right.type))
    return { type: commonType(cx, node, '?:', left, right) satisfies IntType }
  const [some, other] = left.type.kind === 'null' ? [right, left] : [left, right]
  const sameMemory = some.memory?.region === other.memory?.region && some.memory?.offset === other.memory?.offset
  if (other.type.kind === 'null') {
    const type: Type = some.type.kind === 'nullable' ? some.type : { kind: 'nullable', of: some.type }
    return { type, ...(some.memory === undefined ? {} : { memory: some.memory }) }
  }
  if (!sameMemory)
    return fail(cx, node, 'wrong-type', { want: 'pointers to the same memory', found: 'pointers to different ones' })
  addressFor(cx, node, other, some.type)
  return { type: some.type, ...(some.memory === undefined ? {} : { memory: some.memory }) }
}
