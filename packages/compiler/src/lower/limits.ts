import { helperTable } from '@tscc/bpf/helpers'
import type { Expression } from 'oxc-parser'
import { irBuilder } from '../ir/builder.ts'
import { attempt, type Context, changed, type ModuleScope, type Narrowed, type Value } from './scope.ts'
import { textOf } from './syntax-tree.ts'
import { mostOf } from './values.ts'

/** Rounds that no program has room for: a million instructions, two for each. */
export const MOST_ROUNDS = 500_000n

const HELPERS: ReadonlySet<string> = new Set(helperTable.map(({ name }) => name))

/** Is an expression known to have a limit? In doubt it is taken to have one. */
export function isLimited(cx: Context, node: Expression): boolean {
  // Nobody asks where there are no loops.
  if (!cx.module.unit.hasLoops) return false
  const some = (parts: readonly Expression[]): boolean => parts.some((part) => isLimited(cx, part))
  const all = (parts: readonly Expression[]): boolean => parts.every((part) => isLimited(cx, part))
  const text = textOf(cx, node)
  if (cx.bounded.has(text) || cx.guarded.has(`limit:${text}`)) return true
  switch (node.type) {
    case 'Literal':
      return true
    case 'ParenthesizedExpression':
      return isLimited(cx, node.expression)
    case 'UnaryExpression':
      return isLimited(cx, node.argument)
    case 'ConditionalExpression':
      return all([node.consequent, node.alternate]) || isSmall(trial(cx, node))
    case 'BinaryExpression': {
      const left = node.left as Expression // no private name: its operator is `in`
      if (node.operator === '&') return some([left, node.right])
      if (node.operator === '%' || node.operator === '/' || node.operator === '>>')
        return isLimited(cx, left) || isSmall(trial(cx, node))
      return all([left, node.right])
    }
    case 'CallExpression': {
      const args = node.arguments.filter((argument) => argument.type !== 'SpreadElement')
      const name = node.callee.type === 'Identifier' ? node.callee.name : ''
      if (name === 'min') return some(args)
      if (name === 'clamp') return some(args.slice(2))
      if (name === 'max' || /^[us](?:32|64)$/.test(name)) return all(args)
      if (cx.module.functions.has(name)) return true
      if (HELPERS.has(name) || cx.module.header.kfunc(name) !== undefined) return false
      return isSmall(trial(cx, node))
    }
    case 'Identifier':
      if (isConstant(cx.module, node.name) && !cx.variables.has(node.name)) return true
      return isSmall(trial(cx, node))
    case 'MemberExpression':
      if (node.object.type === 'Identifier' && cx.module.handles.get(node.object.name)?.kind === 'tunable') return true
      return isSmall(trial(cx, node))
    default:
      return true
  }
}

/** Remember whether what a name or place gets has a limit. */
export function noteLimit(cx: Context, text: string, value: Expression): void {
  if (!cx.module.unit.hasLoops) return
  if (isLimited(cx, value)) cx.bounded.add(text)
  else forgetLimit(cx, text)
}

/** What a name or place holds may be anything from now on. */
export function forgetLimit(cx: Context, text: string): void {
  if (!cx.module.unit.hasLoops) return
  cx.bounded.delete(text)
  cx.guarded.delete(`limit:${text}`)
}

const NOTHING: Narrowed = { yes: [], no: [] }

/** What a comparison tells of limits, as facts of either side. */
export function limitsToldBy(cx: Context, left: Expression, operator: string, right: Expression): Narrowed {
  if (!cx.module.unit.hasLoops) return NOTHING
  return toldBy(left, operator, right, (side, other) => (isLimited(cx, other) ? [`limit:${textOf(cx, side)}`] : []))
}

/** One side of a comparison, and what it is. */
interface Side {
  readonly node: Expression
  readonly value: Value
}

/**
 * What a comparison without signs tells of how much a name can be, as facts of either side: of names that nobody assigns to,
 * so that it stays true.
 */
export function mostToldBy(cx: Context, left: Side, operator: string, right: Side): Narrowed {
  return toldBy(left, operator, right, ({ node, value }, other, less) => {
    if (node.type !== 'Identifier' || cx.variables.get(node.name)?.assignable !== false) return []
    const [now, most] = [mostOf(value), mostOf(other.value)]
    return now !== undefined && most !== undefined && most >= less && most - less < now
      ? [`most:${node.name}:${most - less}`]
      : []
  })
}

/** What follows for either side of a comparison from `side` being at most `other - less`. */
function toldBy<S>(
  left: S,
  operator: string,
  right: S,
  told: (side: S, other: S, less: 0n | 1n) => readonly string[],
): Narrowed {
  switch (operator) {
    case '<':
      return { yes: told(left, right, 1n), no: told(right, left, 0n) }
    case '<=':
      return { yes: told(left, right, 0n), no: told(right, left, 1n) }
    case '>':
      return { yes: told(right, left, 1n), no: told(left, right, 0n) }
    case '>=':
      return { yes: told(right, left, 0n), no: told(left, right, 1n) }
    case '===':
    case '==':
      return { yes: [...told(left, right, 0n), ...told(right, left, 0n)], no: [] }
    default:
      return { yes: [], no: [...told(left, right, 0n), ...told(right, left, 0n)] }
  }
}

const isConstant = ({ constants, header }: ModuleScope, name: string): boolean =>
  constants.has(name) || header.enumerator(name) !== undefined

/** What an expression is, without computing it; undefined where it is wrong, which is told where it is computed. */
function trial(cx: Context, node: Expression): Value | undefined {
  const own = changed(cx, { ir: irBuilder(), mistakes: [] })
  return attempt(own, () => cx.lower.expression(own, node))
}

/** A number, or one of few bits, or of which it is known how much it can be. */
export const isSmall = (value: Value | undefined): boolean =>
  value === undefined ||
  'imm' in value.operand ||
  (value.max !== undefined && value.max <= MOST_ROUNDS) ||
  value.type.kind === 'bool' ||
  (value.type.kind === 'int' && value.type.bits <= 16)
