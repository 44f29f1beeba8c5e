import type { Expression, Statement, SwitchStatement, VariableDeclaration } from 'oxc-parser'
import { diagnosticCodes } from '../diagnostics.ts'
import { imm, reg } from '../ir/builder.ts'
import { isAddress, isData, type Type, typeName, U32, U64 } from '../types.ts'
import { giveBack } from './functions.ts'
import { noteLimit } from './limits.ts'
import { forLoop, forOf, loop } from './loops.ts'
import { makeObject } from './objects.ts'
import { at, attempt, type Context, fail, giveUp, type Narrowed, narrow, scoped, type Variable } from './scope.ts'
import { namesIn, textOf } from './syntax-tree.ts'
import { typeOfAnnotation } from './type-annotations.ts'
import { addressFor, commonType, converted, copy, intOf, truth, widened, widthOf, withLimit } from './values.ts'
import { checkKind } from './variable-kind.ts'

const INSTEAD: Readonly<Record<string, readonly [what: string, instead?: string]>> = {
  TryStatement: ['try', 'return early: there are no exceptions'],
  ThrowStatement: ['throw', 'return early: there are no exceptions'],
  ForInStatement: ['for … in', 'for (const i of range(n))'],
  LabeledStatement: ['a label', 'a function that returns'],
  ClassDeclaration: ['a class', 'an interface for data, and functions'],
  FunctionDeclaration: ['a function inside of another', 'a function of the module'],
  DebuggerStatement: ['debugger', 'printk'],
  TSInterfaceDeclaration: ['an interface inside of a function', 'an interface of the module'],
  TSEnumDeclaration: ['enum', 'constants: const OPEN = 0'],
  TSTypeAliasDeclaration: ['a type alias', 'the type itself, or an interface of the module'],
}

/** Steps of one function with what is inlined: many times what any algorithm has. */
const MOST_STEPS = 10_000

const TOO_LONG = diagnosticCodes.find(({ name }) => name === 'too-long')?.code

function tooLong(cx: Context, node: Statement): never {
  // Once is enough, whatever else there is.
  if (cx.mistakes.some(({ code }) => code === TOO_LONG)) giveUp()
  const inner = cx.calling.at(-1)
  fail(cx, node, 'too-long', { name: inner !== undefined && 'id' in inner ? (inner.id?.name ?? 'this') : 'this' })
}

/** One statement; what follows a `return` in a block is never reached, and left out. A mistake ends no more than this. */
export function lowerStatement(cx: Context, node: Statement): void {
  if (cx.ir.ended) return
  if (cx.ir.steps > MOST_STEPS) tooLong(cx, node)
  at(cx, node)
  const isGood = attempt(cx, () => {
    oneStatement(cx, node)
    return true
  })
  // That the function has left is not wrong.
  if (isGood === undefined && LEAVING.has(node.type)) cx.ir.end({ op: 'return', a: undefined })
}

const firstWord = (cx: Context, node: Statement): string => /^\w+/.exec(textOf(cx, node))?.[0] ?? ' '

const LEAVING: ReadonlySet<string> = new Set([
  'ReturnStatement',
  'BreakStatement',
  'ContinueStatement',
  'ThrowStatement',
])

/** Statements of a block, or a function's. */
export function lowerStatements(cx: Context, statements: readonly Statement[], taken: readonly string[] = []): void {
  checkNames(cx, statements, taken)
  for (const statement of statements) lowerStatement(cx, statement)
}

/** A name is declared once in a block. */
function checkNames(cx: Context, statements: readonly Statement[], taken: readonly string[]): void {
  let seen: Set<string> | undefined
  for (const statement of statements) {
    if (statement.type !== 'VariableDeclaration') continue
    seen ??= new Set(taken)
    for (const { id } of statement.declarations) {
      if (id.type !== 'Identifier') continue
      if (seen.has(id.name))
        attempt(cx, () => fail(cx, { start: id.start, end: id.start + id.name.length }, 'duplicate', { name: id.name }))
      seen.add(id.name)
    }
  }
}

function oneStatement(cx: Context, node: Statement): void {
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
      lowerStatements(scoped(cx), node.body)
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
        fail(cx, node.label ?? node, 'not-in-language', {
          what: node.label == null ? `${firstWord(cx, node)} outside of a loop` : 'a label',
          instead: node.label == null ? 'return' : 'a function that returns',
        })
      cx.ir.end({ op: 'jump', to })
      return
    }
    case 'EmptyStatement':
      return
    default: {
      const [what, instead] = INSTEAD[node.type] ?? [
        `a ${node.type.replace(/Statement|Declaration/, '').toLowerCase()} statement`,
      ]
      const end = node.start + firstWord(cx, node).length
      fail(cx, { start: node.start, end }, 'not-in-language', { what, ...(instead === undefined ? {} : { instead }) })
    }
  }
}

function declare(cx: Context, node: VariableDeclaration): void {
  attempt(cx, () => checkKind(cx, node))
  for (const { id, init } of node.declarations) {
    const isGood = attempt(cx, () => {
      if (id.type !== 'Identifier')
        return fail(cx, id, 'not-in-language', { what: 'taking apart', instead: 'a const for each: const a = x.a' })
      const annotation = id.typeAnnotation == null ? undefined : typeOfAnnotation(cx, id.typeAnnotation.typeAnnotation)
      const span = { start: id.start, end: id.start + id.name.length }
      declareOne(cx, { name: id.name, span, annotation, init: init ?? undefined, isConst: node.kind === 'const' })
      return true
    })
    if (isGood === undefined) for (const name of namesIn(id)) cx.variables.set(name, WRONG)
  }
}

/** A variable whose declaration is wrong. */
const WRONG: Variable = { type: { kind: 'error' }, operand: imm(0), assignable: true }

const INSTEAD_OF_VALUE: Readonly<Record<string, string>> = {
  void: 'the call alone, as a statement: it gives nothing',
  handle: 'maps, globals and tunables are used by their own names',
  text: "texts are only for names and printk formats: printk('cwnd %u', cwnd)",
  null: 'a type that says what else it may be: const tp: tcp_sock | null = null',
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
    if (annotation === undefined) fail(cx, span, 'needs-type', { what: name, instead: `let ${name}: u32` })
    if (!isData(annotation)) fail(cx, span, 'needs-value', { name, type: typeName(annotation) })
    const dst = cx.ir.fresh()
    cx.ir.emit({ op: 'move', width: widthOf(annotation), dst, a: imm(0) })
    cx.bounded.add(name)
    cx.variables.set(name, { type: annotation, operand: reg(dst), assignable: true })
    return
  }
  noteLimit(cx, name, init)
  const found = cx.lower.expression(cx, init)
  at(cx, init)
  const { kind } = found.type
  if (kind === 'void' || kind === 'handle' || kind === 'text' || (kind === 'null' && annotation === undefined))
    fail(cx, init, 'not-a-value', {
      what: kind === 'void' ? 'this' : typeName(found.type),
      instead: INSTEAD_OF_VALUE[kind] ?? '',
    })
  const type: Type = annotation ?? (kind === 'literal' ? (isBigint(init) ? U64 : U32) : found.type)
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
  if (isConst && 'imm' in operand) {
    cx.variables.set(name, {
      type: annotation ?? (kind === 'literal' && !isBigint(init) ? { kind: 'literal' } : type),
      operand,
      assignable: false,
    })
    return
  }
  // What cannot be assigned to is the value itself.
  if (isConst) {
    cx.variables.set(name, { ...withLimit(type, operand, found.max), assignable: false })
    return
  }
  const dst = cx.ir.fresh()
  copy(cx, dst, type, operand)
  cx.variables.set(name, { type, operand: reg(dst), assignable: true })
}

/** A bigint literal is a u64 literal. */
const isBigint = (node: Expression): boolean => node.type === 'Literal' && 'bigint' in node

function branches(cx: Context, node: Extract<Statement, { type: 'IfStatement' }>): void {
  const [yes, no] = [cx.ir.block(), cx.ir.block()]
  const after = node.alternate == null ? no : cx.ir.block()
  // Of a wrong condition nobody knows what it would have told of its names.
  const unknown = (): Narrowed => ({ yes: namesIn(node.test), no: namesIn(node.test) })
  const narrowed = attempt(cx, () => cx.lower.condition(cx, node.test, yes, no)) ?? unknown()
  const arm = (block: number, statement: Statement, names: readonly string[]): boolean => {
    cx.ir.enter(block)
    const inner = scoped(cx)
    narrow(inner, names)
    lowerStatement(inner, statement)
    const left = cx.ir.ended
    cx.ir.end({ op: 'jump', to: after })
    return left
  }
  const yesLeft = arm(yes, node.consequent, narrowed.yes)
  if (node.alternate != null) {
    const noLeft = arm(no, node.alternate, narrowed.no)
    if (noLeft) narrow(cx, narrowed.yes)
  }
  cx.ir.enter(after)
  // if (x === null) return: from here on it is not.
  if (yesLeft) narrow(cx, narrowed.no)
}

/** What one case declares is there for the next; what it found of a name is not, since the next can be reached without it. */
function passOn(from: Context, to: Context): void {
  for (const [name, variable] of from.variables) {
    const before = to.variables.get(name)
    const isNew = before?.operand !== variable.operand
    const mayBeNull = variable.type.kind === 'nullable' && before?.type.kind !== 'nullable'
    if (isNew) {
      const { max: _, ...rest } = variable
      to.variables.set(name, { ...rest, type: variable.declared ?? variable.type })
    } else if (mayBeNull) to.variables.set(name, variable)
  }
}

function choose(cx: Context, node: SwitchStatement): void {
  const value = attempt(cx, () => {
    const found = cx.lower.expression(cx, node.discriminant)
    intOf(cx, node.discriminant, found, U32)
    return found
  })
  const after = cx.ir.block()
  const bodies = node.cases.map(() => cx.ir.block())
  let fallback = after
  for (const [i, one] of node.cases.entries()) {
    const body = bodies[i] ?? after
    if (one.test == null) {
      fallback = body
      continue
    }
    const { test } = one
    attempt(cx, () => {
      const wanted = cx.lower.expression(cx, test)
      if (value === undefined) return
      const type = commonType(cx, test, '===', value, wanted)
      const next = cx.ir.block()
      const [a, b] = [widened(cx, test, value, type), widened(cx, test, wanted, type)]
      at(cx, test)
      cx.ir.end({ op: 'branch', if: 'eq', width: widthOf(type), a, b, yes: body, no: next })
      cx.ir.enter(next)
    })
  }
  cx.ir.end({ op: 'jump', to: fallback })
  const inner = scoped(cx, { ...cx.exits, breakTo: after })
  for (const [i, one] of node.cases.entries()) {
    cx.ir.enter(bodies[i] ?? after)
    const own = scoped(inner)
    lowerStatements(own, one.consequent)
    passOn(own, inner)
    cx.ir.end({ op: 'jump', to: bodies[i + 1] ?? after })
  }
  cx.ir.enter(after)
}
