import type { Expression, ForOfStatement, ForStatement, VariableDeclaration } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import { U32 } from '../types.ts'
import { assignedIn } from './function-body.ts'
import { checkBound, checkRounds, header, type Loop, leaves } from './loop-bounds.ts'
import { at, attempt, type Context, fail, scoped } from './scope.ts'
import { textOf } from './syntax-tree.ts'
import { converted, copy } from './values.ts'
import { checkKind } from './variable-kind.ts'

/** `while`, `do` and the end of `for`. */
export function loop(cx: Context, { node, test, body, testFirst, update }: Loop): void {
  attempt(cx, () => {
    if (isEndless(test) && !leaves(body)) fail(cx, test ?? header({ node, body }), 'endless-loop', {})
    checkBound(cx, { node, test, body, testFirst, update })
  })
  const [again, inside, next, after] = [cx.ir.block(), cx.ir.block(), cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'jump', to: testFirst ? again : inside })
  cx.ir.enter(again)
  if (test === undefined) cx.ir.end({ op: 'jump', to: inside })
  else attempt(cx, () => cx.lower.condition(cx, test, inside, after))
  cx.ir.enter(inside)
  const exits = { ...cx.exits, breakTo: after, continueTo: next }
  cx.lower.statement(scoped(cx, exits), body)
  cx.ir.end({ op: 'jump', to: next })
  cx.ir.enter(next)
  if (update !== undefined) attempt(cx, () => cx.lower.expression(cx, update))
  cx.ir.end({ op: 'jump', to: again })
  cx.ir.enter(after)
}

const isEndless = (test: Expression | undefined): boolean =>
  test === undefined || (test.type === 'Literal' && test.value !== false && test.value !== 0)

/** `for (init; test; update)`; of a counter up to a number it is known how far it goes. */
export function forLoop(
  cx: Context,
  node: ForStatement,
  declare: (cx: Context, node: VariableDeclaration) => void,
): void {
  const inner = scoped(cx)
  if (node.init != null) {
    const { init } = node
    if (init.type === 'VariableDeclaration') declare(inner, init)
    else attempt(cx, () => cx.lower.expression(inner, init))
  }
  const counter = counterOf(cx, node)
  const { test } = node
  if (counter !== undefined && test?.type === 'BinaryExpression')
    attempt(cx, () => checkRounds(cx, test.right, counter.max + (test.operator === '<' ? 1n : 0n)))
  const variable = counter === undefined ? undefined : inner.variables.get(counter.name)
  if (counter !== undefined && variable !== undefined && variable.type.kind === 'int' && !variable.type.signed)
    inner.variables.set(counter.name, { ...variable, max: counter.max })
  loop(inner, {
    node,
    test: node.test ?? undefined,
    body: node.body,
    testFirst: true,
    update: node.update ?? undefined,
  })
}

/** `i` of `for (let i = 0; i < 8; i++)` whose body does not assign to it. */
function counterOf(
  cx: Context,
  { test, update, body }: ForStatement,
): { readonly name: string; readonly max: bigint } | undefined {
  if (test?.type !== 'BinaryExpression' || (test.operator !== '<' && test.operator !== '<=')) return undefined
  if (test.left.type !== 'Identifier' || update?.type !== 'UpdateExpression' || update.operator !== '++')
    return undefined
  const limit =
    test.right.type === 'Literal' && typeof test.right.value === 'number'
      ? BigInt(Math.trunc(test.right.value))
      : test.right.type === 'Identifier'
        ? cx.module.constants.get(test.right.name)?.value
        : undefined
  const { name } = test.left
  if (limit === undefined || limit < 1n || assignedIn(body).has(name)) return undefined
  return { name, max: test.operator === '<' ? limit - 1n : limit }
}

/** `for (const i of range(n))` and `range(from, to)`. */
export function forOf(cx: Context, node: ForOfStatement): void {
  const { left, right } = node
  const isRange = right.type === 'CallExpression' && right.callee.type === 'Identifier' && right.callee.name === 'range'
  if (!isRange || node.await)
    fail(cx, right, 'not-in-language', {
      what: 'for … of anything but a range',
      instead: `for (const i of range(${textOf(cx, right)}.length)) …, with ${textOf(cx, right)}[i]`,
    })
  const [declarator] = left.type === 'VariableDeclaration' ? left.declarations : []
  if (left.type !== 'VariableDeclaration' || declarator?.id.type !== 'Identifier')
    fail(cx, left, 'not-in-language', { what: 'this', instead: 'for (const i of range(n))' })
  checkKind(cx, left)
  const args = right.arguments.filter((argument) => argument.type !== 'SpreadElement')
  const [first, second] = args
  if (first === undefined || args.length > 2 || args.length !== right.arguments.length)
    fail(cx, right, 'arguments', { name: 'range', want: 1, found: right.arguments.length })
  const start = second === undefined ? imm(0) : converted(cx, first, cx.lower.expression(cx, first), U32)
  const last = cx.lower.expression(cx, second ?? first)
  const end = converted(cx, second ?? first, last, U32)
  const limit = 'imm' in end ? end.imm : last.max
  if (limit === undefined) {
    const text = textOf(cx, second ?? first)
    fail(cx, second ?? first, 'unbounded-loop', {
      limit: text,
      instead: `range(min(${text}, 64)), or loop(${text}, body), which runs as often as it says (5.17)`,
    })
  }
  checkRounds(cx, second ?? first, limit)
  const count = cx.ir.fresh()
  copy(cx, count, U32, start)
  const [again, inside, next, after] = [cx.ir.block(), cx.ir.block(), cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'jump', to: again })
  cx.ir.enter(again)
  at(cx, right)
  // Where the end is no number, the verifier gets to see one as well.
  if (!('imm' in end)) {
    const below = cx.ir.block()
    cx.ir.end({ op: 'branch', if: 'lt', width: 32, a: reg(count), b: imm(limit), yes: below, no: after })
    cx.ir.enter(below)
  }
  cx.ir.end({ op: 'branch', if: 'lt', width: 32, a: reg(count), b: end, yes: inside, no: after })
  cx.ir.enter(inside)
  const inner = scoped(cx, { ...cx.exits, breakTo: after, continueTo: next })
  inner.variables.set(declarator.id.name, {
    type: U32,
    operand: reg(count),
    assignable: false,
    // Of none it runs no time, and any limit holds.
    max: limit > 0n ? limit - 1n : 0n,
  })
  cx.lower.statement(inner, node.body)
  cx.ir.end({ op: 'jump', to: next })
  cx.ir.enter(next)
  cx.ir.emit({ op: 'binary', fn: 'add', width: 32, dst: count, a: reg(count), b: imm(1) })
  cx.ir.end({ op: 'jump', to: again })
  cx.ir.enter(after)
}
