import type { Expression, Statement } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { isStackRegion } from '../ir/memory.ts'
import { isLimited, isSmall, MOST_ROUNDS } from './limits.ts'
import { type Context, fail } from './scope.ts'
import { childrenOf, isNode, type Node, namesIn, textOf } from './syntax-tree.ts'

/*
 * The verifier walks through a loop as often as it may run, and gives up after a million instructions. So of some way out it
 * must see that it is taken in time: of a comparison of something that counts with something that has a limit. What is told
 * here are loops that have no such way out; where there is one that may do, the verifier has the last word.
 *
 * A variable counts when all that the loop does with it is computed from numbers, other such variables and what has a limit
 * (`i++`, `i += 2`, `mid = (low + high) >> 1`), and when it begins with something that has a limit or counts up to one; and
 * when the loop shifts it to the right, whatever it begins with. A division does not do: to the verifier its result is unknown.
 */

/** A loop of any kind. */
export interface Loop {
  readonly node: Span
  readonly test: Expression | undefined
  readonly body: Statement
  readonly testFirst: boolean
  readonly update?: Expression | undefined
}

interface Changes {
  /** Values that the loop gives a variable; what is `++` and `--` too. */
  readonly assigned: readonly { readonly operator: string; readonly value: Node | undefined }[]
}

interface Look {
  readonly cx: Context
  readonly loop: Loop
  readonly changes: ReadonlyMap<string, Changes>
  /** The first expression whose limit is not known although a count depends on it. */
  suspect?: Node
}

/** A loop must be seen to end. */
export function checkBound(cx: Context, loop: Loop): void {
  const { test, body } = loop
  if (isOnce(body) || (test?.type === 'Literal' && !test.value)) return
  const look: Look = { cx, loop, changes: changesIn([test, loop.update, body]) }
  if (test !== undefined && ends(look, test, true)) return
  if (exitsOf(body).some(({ condition, leaves }) => ends(look, condition, !leaves))) return
  const { suspect } = look
  const what = suspect ?? test ?? header(loop)
  fail(cx, what, 'unbounded-loop', {
    limit: suspect === undefined ? '' : textOf(cx, what),
    instead:
      suspect === undefined
        ? 'count the rounds: for (const i of range(64)) …, with a break'
        : `a limit: min(${textOf(cx, what)}, 64); loop(${textOf(cx, what)}, body) runs as often as it says (5.17)`,
  })
}

/** `for (;;)`, up to the body. */
export const header = ({ node, body }: Pick<Loop, 'node' | 'body'>): Span => ({
  start: node.start,
  end: Math.max(node.start + 1, body.start - 1),
})

/** More rounds than the verifier follows. */
export function checkRounds(cx: Context, span: Span, rounds: bigint): void {
  if (rounds > MOST_ROUNDS) fail(cx, span, 'too-many-rounds', { rounds: `${rounds}` })
}

/** Does the body leave at its end, or earlier? */
function isOnce(body: Node): boolean {
  if (body.type === 'BreakStatement' || body.type === 'ReturnStatement') return true
  return body.type === 'BlockStatement' && childrenOf(body).some(isOnce)
}

/** Conditions under which a loop's body leaves it: `if (i > 8) break`. */
function exitsOf(node: Node, nested = false): readonly { readonly condition: Expression; readonly leaves: boolean }[] {
  const inner = nested || node.type === 'SwitchStatement' || /^(?:For|While|DoWhile)/.test(node.type)
  const below = childrenOf(node).flatMap((child) => exitsOf(child, inner))
  if (node.type !== 'IfStatement') return below
  const { test, consequent, alternate } = node as unknown as Extract<Statement, { type: 'IfStatement' }> // its type says so
  return [
    ...(leaves(consequent, nested) ? [{ condition: test, leaves: true }] : []),
    ...(alternate != null && leaves(alternate, nested) ? [{ condition: test, leaves: false }] : []),
    ...below,
  ]
}

/** Is there a way out of a loop's body? */
export function leaves(node: Node, nested = false): boolean {
  if (node.type === 'ReturnStatement') return true
  if (node.type === 'BreakStatement') return !nested
  const inner = nested || node.type === 'SwitchStatement' || /^(?:For|While|DoWhile)/.test(node.type)
  return childrenOf(node).some((child) => leaves(child, inner))
}

/** What is assigned to each name. */
function changesIn(parts: readonly (Node | undefined)[]): ReadonlyMap<string, Changes> {
  const found = new Map<string, { assigned: { operator: string; value: Node | undefined }[] }>()
  const add = (target: unknown, operator: string, value: Node | undefined): void => {
    const name = isNode(target) ? rootName(target) : undefined
    if (name === undefined) return
    const entry = found.get(name) ?? { assigned: [] }
    entry.assigned.push({ operator, value })
    found.set(name, entry)
  }
  const walk = (node: Node): void => {
    const { operator, left, right, argument, id, init } = node as Node & Readonly<Record<string, unknown>>
    if (node.type === 'AssignmentExpression') add(left, `${operator}`, isNode(right) ? right : undefined)
    if (node.type === 'UpdateExpression') add(argument, `${operator}`, undefined)
    if (node.type === 'VariableDeclarator') add(id, '=', isNode(init) ? init : undefined)
    for (const child of childrenOf(node)) walk(child)
  }
  for (const part of parts) if (part !== undefined) walk(part)
  return found
}

/** `i`, or `state` of `state.i`. */
function rootName(node: Node): string | undefined {
  const { name, object } = node as Node & { readonly name?: unknown; readonly object?: unknown } // some nodes have them
  if (node.type === 'Identifier') return `${name}`
  return node.type === 'MemberExpression' && isNode(object) ? rootName(object) : undefined
}

/** Does the loop end since `condition` stops being `goesOn` in time? */
function ends(look: Look, condition: Expression, goesOn: boolean): boolean {
  switch (condition.type) {
    case 'ParenthesizedExpression':
      return ends(look, condition.expression, goesOn)
    case 'UnaryExpression':
      return condition.operator === '!' && ends(look, condition.argument, !goesOn)
    case 'LogicalExpression': {
      const parts = [condition.left, condition.right]
      const isAny = (condition.operator === '&&') === goesOn
      return isAny ? parts.some((part) => ends(look, part, goesOn)) : parts.every((part) => ends(look, part, goesOn))
    }
    case 'BinaryExpression': {
      const { left, right, operator } = condition
      if (!/^(?:[<>]=?|[!=]==?)$/.test(operator)) return movesSomehow(look, condition)
      return compares(look, left as Expression, right) || compares(look, right, left as Expression) // no private name there
    }
    case 'CallExpression':
      return condition.arguments.some((argument) => movesSomehow(look, argument))
    case 'Identifier':
      // A flag that something sets which counts.
      if (look.changes.get(condition.name)?.assigned.every(isSet) === true)
        return guardsOf(look.loop.body, condition.name).some(
          (guard) => ends(look, guard, true) || ends(look, guard, false),
        )
      return counts(look, condition, false)
    default:
      return counts(look, condition, false)
  }
}

const isSet = ({ operator, value }: Changes['assigned'][number]): boolean =>
  operator === '=' && value?.type === 'Literal'

/** Conditions under which a name is assigned. */
function guardsOf(node: Node, name: string): readonly Expression[] {
  const below = childrenOf(node).flatMap((child) => guardsOf(child, name))
  if (node.type !== 'IfStatement' || !changesIn([node]).has(name)) return below
  const { test } = node as Node & { readonly test: Expression } // its type says so
  return [test, ...below]
}

/** Does one side count, and the other have a limit? */
function compares(look: Look, side: Expression, limit: Expression): boolean {
  if (!movesSomehow(look, side)) return false
  const hasLimit = isLimited(look.cx, limit)
  if (counts(look, side, hasLimit)) {
    if (hasLimit || isDown(look, side)) return true
    look.suspect ??= limit
  }
  return false
}

/** Does it have a name that the loop changes? */
const movesSomehow = (look: Look, node: Node): boolean => namesIn(node).some((name) => look.changes.has(name))

/** Is a name only ever made less? */
function isDown(look: Look, node: Expression): boolean {
  return namesIn(node).some((name) =>
    look.changes.get(name)?.assigned.every(({ operator }) => /^(?:--|-=|>>=)$/.test(operator)),
  )
}

/** Can the verifier follow what it is in each round? `up`: it is compared with a limit. */
function counts(look: Look, node: Expression, up: boolean): boolean {
  const names = namesIn(node).filter((name) => look.changes.has(name))
  return names.length > 0 && names.every((name) => nameCounts(look, name, up, []))
}

function nameCounts(look: Look, name: string, up: boolean, path: readonly string[]): boolean {
  if (path.includes(name)) return true
  const { cx, changes, loop } = look
  const assigned = changes.get(name)?.assigned ?? []
  const isOutside = cx.variables.has(name)
  const { memory, type } = cx.variables.get(name) ?? {}
  // What lies in memory is read anew in each round, and may be anything then; the stack is followed.
  if (isOutside && memory !== undefined && !isStackRegion(memory.region)) return false
  if (cx.module.handles.has(name) && !isOutside) return false
  if (type?.kind === 'struct') return false
  if (
    assigned.some((one) => isShift(one, name)) &&
    assigned.every((one) => isShift(one, name) || isFixed(look, one.value))
  )
    return true
  const known = (value: Node | undefined): boolean => {
    if (value === undefined || value.type === 'Literal') return true
    const { operator } = value as Node & { readonly operator?: unknown } // some nodes have one
    if (value.type === 'BinaryExpression' && (operator === '/' || operator === '%') && !isFixed(look, value))
      return hasKnownStart(look, name)
    if (value.type === 'Identifier' || value.type === 'MemberExpression') {
      const of = rootName(value)
      if (of !== undefined && changes.has(of)) return nameCounts(look, of, true, [...path, name])
      return isLimited(look.cx, value as unknown as Expression) // nodes of these types are
    }
    if (value.type === 'CallExpression') return isLimited(look.cx, value as unknown as Expression) // likewise
    return childrenOf(value).every(known)
  }
  if (!assigned.every(({ value }) => known(value))) return false
  const isUp = assigned.every(({ operator }) => operator === '++' || operator === '+=')
  if ((up && isUp) || hasKnownStart(look, name)) return true
  if (isOutside && assigned.every(({ operator }) => operator === '--' || operator === '-='))
    look.suspect ??= firstUse(loop, name)
  return !isOutside
}

/** Did it have a limit when the loop began? */
function hasKnownStart({ cx }: Look, name: string): boolean {
  const variable = cx.variables.get(name)
  return (
    variable === undefined ||
    cx.bounded.has(name) ||
    cx.guarded.has(`limit:${name}`) ||
    isSmall(variable) ||
    (variable.memory !== undefined && isStackRegion(variable.memory.region))
  )
}

const isFixed = (look: Look, value: Node | undefined): boolean =>
  value !== undefined && !movesSomehow(look, value) && isLimited(look.cx, value as unknown as Expression) // what is assigned is one

/** `x >>= 1`, `x = x >> 1`, `x = (x >> 8) & 15`. */
function isShift({ operator, value }: Changes['assigned'][number], name: string): boolean {
  if (operator === '>>=') return true
  const parts = value as
    | (Node & { readonly operator?: unknown; readonly left?: unknown; readonly expression?: unknown })
    | undefined // some nodes have them
  if (operator !== '=' || parts === undefined) return false
  if (parts.type === 'ParenthesizedExpression' && isNode(parts.expression))
    return isShift({ operator, value: parts.expression }, name)
  if (parts.type !== 'BinaryExpression' || !isNode(parts.left)) return false
  if (parts.operator === '>>') return namesIn(parts.left).includes(name)
  return parts.operator === '&' && isShift({ operator, value: parts.left }, name)
}

/** Where the condition of a loop, or else its body, has a name. */
function firstUse({ test, body }: Loop, name: string): Node {
  const find = (node: Node): Node | undefined => {
    if (node.type === 'Identifier' && rootName(node) === name) return node
    for (const child of childrenOf(node)) {
      const found = find(child)
      if (found !== undefined) return found
    }
    return undefined
  }
  return (test === undefined ? undefined : find(test)) ?? find(body) ?? body
}
