import type { AssignmentExpression, Expression, UnaryExpression, UpdateExpression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm, irBuilder, reg } from '../ir/builder.ts'
import { nearest } from '../kernel-header.ts'
import { BOOL, isAddress, LITERAL, NULL, promoted, type Type, typeName, U32, U64, VOID } from '../types.ts'
import { conditional, logical } from './choices.ts'
import { asBool, isComparison } from './conditions.ts'
import { insteadOfJavaScript } from './javascript-names.ts'
import { languageConstants } from './language-constants.ts'
import { forgetLimit, isLimited, noteLimit } from './limits.ts'
import { dataOf, memberOf, type Place, placeOf, read, typeOfPlace, write } from './places.ts'
import { isAskedFor } from './questions.ts'
import { at, attempt, type Context, changed, fail, giveUp, scoped, type Value, type Variable } from './scope.ts'
import { textOf } from './syntax-tree.ts'
import { addressFor, arithmetic, cast, converted, copy, intOf, isArithmetic, truth, widthOf } from './values.ts'

/** What to write in the place of what other languages have. */
const INSTEAD: Readonly<Record<string, readonly [what: string, instead?: string]>> = {
  ArrayExpression: ['an array here', 'const a: FixedArray<u32, 4> = [1, 2, 3, 4]'],
  ObjectExpression: ['an object here', 'const key: Key = { … } with an interface Key'],
  ArrowFunctionExpression: [
    'a function inside of another',
    'a function of the module, with what it needs as parameters',
  ],
  FunctionExpression: ['a function inside of another', 'a function of the module, with what it needs as parameters'],
  ClassExpression: ['a class', 'an interface for data, and functions'],
  NewExpression: ['new', 'maps and globals are made by hash(…), global(…) at the top of the module'],
  AwaitExpression: ['await', 'everything happens at once in the kernel'],
  YieldExpression: ['yield', 'for (const i of range(n)) in the function itself'],
  ThisExpression: ['this', 'the parameters'],
  TemplateLiteral: ['a template', "printk('cwnd %u', cwnd)"],
  TaggedTemplateExpression: ['a template', "printk('cwnd %u', cwnd)"],
  SequenceExpression: ['the comma operator', 'two statements'],
  ImportExpression: ['import()', 'an import at the top'],
  ChainExpression: ['?.', 'if (x !== null) …'],
  TSAsExpression: ['as', 'a cast that computes: u16(x)'],
  TSTypeAssertion: ['a type assertion', 'a cast that computes: u16(x)'],
  TSSatisfiesExpression: ['satisfies', 'the type where the name is declared: const key: Key = { … }'],
}

/** Compute an expression. */
export function lowerExpression(cx: Context, node: Expression): Value {
  const { type, operand, memory, max, choices } = oneExpression(cx, node)
  // All of it, so that whoever looks at values sees them with one hidden class.
  const value = { type, operand, memory, max, choices, from: node }
  return value as Value // undefined is as good as absent
}

function oneExpression(cx: Context, node: Expression): Value {
  at(cx, node)
  switch (node.type) {
    case 'Literal':
      return literal(cx, node)
    case 'Identifier':
      return identifier(cx, node.name, node)
    case 'MemberExpression': {
      const found = memberOf(cx, node)
      return 'place' in found ? read(cx, found.place) : found.value
    }
    case 'BinaryExpression':
      if (node.left.type === 'PrivateIdentifier' || node.operator === 'in')
        return fail(cx, node, 'not-in-language', { what: 'the operator in', instead: INSTEAD_OF_OPERATOR.in ?? '' })
      if (isComparison(node.operator)) return asBool(cx, node)
      return isArithmetic(node.operator) ? binary(cx, node, node.left) : noOperator(cx, node, node.operator)
    case 'LogicalExpression':
      return node.operator === '??' || isTruth(cx, node.left) ? asBool(cx, node) : logical(cx, node)
    case 'ConditionalExpression':
      return conditional(cx, node)
    case 'UnaryExpression':
      return unary(cx, node)
    case 'UpdateExpression':
      return update(cx, node)
    case 'AssignmentExpression':
      return assign(cx, node)
    case 'CallExpression':
      return cx.lower.call(cx, node)
    case 'ParenthesizedExpression':
    case 'TSNonNullExpression':
      return lowerExpression(cx, node.expression)
    default: {
      const own =
        node.type === 'NewExpression' && node.callee.type === 'Identifier'
          ? insteadOfJavaScript(node.callee.name)
          : undefined
      if (own !== undefined) return fail(cx, node, 'not-in-language', { what: 'new', instead: own })
      const [what, instead] = INSTEAD[node.type] ?? [node.type.replace(/Expression$/, ' expression').toLowerCase()]
      return fail(cx, node, 'not-in-language', { what, ...(instead === undefined ? {} : { instead }) })
    }
  }
}

/** What to write in the place of operators. */
const INSTEAD_OF_OPERATOR: Readonly<Record<string, string>> = {
  in: 'flows.lookup(key) !== null for maps, exists(tp.field) for fields of the kernel',
  instanceof: 'a field that says what it is',
  '>>>': '>> of what has no sign: u32(x) >> n',
  '**': 'x * x, or 1 << n for a power of two',
  typeof: 'every name has one type, which the compiler knows',
  delete: 'flows.delete(key) for maps; fields are set to 0',
  void: 'the call alone, as a statement',
  '&&=': 'if (a) a = b',
  '||=': 'if (!a) a = b',
  '??=': 'if (a === null) a = b',
  '**=': 'x *= x',
  '>>>=': 'x >>= n, which is logical where x has no sign',
}

/** An operator that the language has not. */
export function noOperator(cx: Context, span: Span, operator: string): never {
  const instead = Object.hasOwn(INSTEAD_OF_OPERATOR, operator) ? INSTEAD_OF_OPERATOR[operator] : undefined
  return fail(cx, span, 'not-in-language', {
    what: `the operator ${operator}`,
    ...(instead === undefined ? {} : { instead }),
  })
}

const DECIMAL = /^\d+$/

function literal(cx: Context, node: Extract<Expression, { type: 'Literal' }>): Value {
  if (typeof node.value === 'boolean') return { type: BOOL, operand: imm(node.value ? 1 : 0) }
  if (typeof node.value === 'string') return { type: { kind: 'text', text: node.value }, operand: imm(0) }
  if ('regex' in node)
    return fail(cx, node, 'not-in-language', { what: 'a regular expression', instead: 'comparisons of numbers' })
  if (node.value === null) return { type: NULL, operand: imm(0) }
  const written = 'raw' in node && typeof node.raw === 'string' ? node.raw : ''
  if (DECIMAL.test(written)) return { type: LITERAL, operand: imm(BigInt(written)) }
  const raw = written.replaceAll('_', '').replace(/n$/, '')
  // 1e6 is as good an integer as 1000000.
  if (typeof node.value === 'number' && Number.isSafeInteger(node.value) && /^[\d.]+e\+?\d+$/i.test(raw))
    return { type: LITERAL, operand: imm(node.value) }
  if (!/^(?:\d+|0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+)$/i.test(raw))
    return fail(cx, node, 'not-in-language', {
      what: typeof node.value === 'number' ? 'a number with a fraction' : 'this literal',
      ...(typeof node.value === 'number' ? { instead: 'a fixed-point number: 717 / 1024 for 0.7' } : {}),
    })
  return { type: LITERAL, operand: imm(BigInt(raw)) }
}

function identifier(cx: Context, name: string, span: Span): Value {
  const variable = cx.variables.get(name)
  if (variable?.type.kind === 'error' || (variable === undefined && cx.module.broken.has(name))) return giveUp()
  // What it is now: `x + x++` adds what it was before.
  if (variable !== undefined) return variable.assignable && 'reg' in variable.operand ? copied(cx, variable) : variable
  const constant = cx.module.constants.get(name)
  if (constant !== undefined) return { type: constant.type, operand: imm(constant.value) }
  const handle = cx.module.handles.get(name)
  if (handle?.kind === 'variable' || handle?.kind === 'constant') {
    const found = dataOf(cx, handle)
    return 'place' in found ? read(cx, found.place) : found.value
  }
  if (handle !== undefined) return { type: { kind: 'handle', name }, operand: imm(0) }
  const enumerator = cx.module.header.enumerator(name)
  if (enumerator !== undefined) {
    if (enumerator.kernels !== undefined && !isAskedFor(cx, `enumerator:${name}`, enumerator.kernels))
      return fail(cx, span, 'not-everywhere', { what: name, kernels: enumerator.kernels, ask: `exists(${name})` })
    // Of an enum without a name no kernel can be asked; such constants are part of its interface: numbers, as if written.
    if (enumerator.enum === '') return { type: LITERAL, operand: imm(enumerator.value), from: span }
    const dst = cx.ir.fresh()
    if (enumerator.wide) {
      const wide = BigInt.asUintN(64, enumerator.value)
      cx.ir.emit({ op: 'question', dst, ask: { kind: 'enumerator', enum: enumerator.enum, name, wide } })
      return { type: U64, operand: reg(dst) }
    }
    cx.ir.emit({ op: 'question', dst, ask: { kind: 'enumerator', enum: enumerator.enum, name } })
    return { type: { kind: 'int', bits: 32, signed: enumerator.value < 0 }, operand: reg(dst) }
  }
  const ofLanguage = languageConstants.get(name)
  if (ofLanguage !== undefined) return { type: LITERAL, operand: imm(ofLanguage) }
  if (name === 'undefined') return { type: VOID, operand: imm(0) }
  const instead = insteadOfJavaScript(name)
  if (instead !== undefined) return fail(cx, span, 'not-in-language', { what: name, instead })
  const { constants, handles, functions, header } = cx.module
  if (functions.has(name)) return fail(cx, span, 'not-a-value', { what: `${name}, a function,`, instead: `${name}(…)` })
  const names = [...cx.variables.keys(), ...constants.keys(), ...handles.keys()]
  const known = /^[A-Z]/.test(name) ? [...names, ...header.enumeratorNames()] : names
  return fail(cx, span, 'unknown-name', { name, nearest: nearest(name, known) })
}

function binary(
  cx: Context,
  node: { readonly operator: string; readonly right: Expression } & Span,
  before: Expression,
): Value {
  const number = (one: Expression): Value => {
    const value = lowerExpression(cx, one)
    intOf(cx, one, value, U32)
    return value
  }
  const left = attempt(cx, () => number(before))
  const right = attempt(cx, () => number(node.right))
  if (left === undefined || right === undefined) return giveUp()
  at(cx, node)
  return arithmetic(cx, node, node.operator, left, right)
}

function unary(cx: Context, node: UnaryExpression): Value {
  if (node.operator === '!') return asBool(cx, node)
  if (node.operator !== '-' && node.operator !== '~' && node.operator !== '+')
    return noOperator(cx, node, node.operator)
  const value = lowerExpression(cx, node.argument)
  at(cx, node)
  if (node.operator === '+') return value
  if ('imm' in value.operand) {
    const result = node.operator === '-' ? -value.operand.imm : ~value.operand.imm
    if (value.type.kind === 'literal') return { type: LITERAL, operand: imm(result) }
    return cast(cx, node, { type: LITERAL, operand: imm(result) }, promoted(intOf(cx, node, value, U32)))
  }
  const type = promoted(intOf(cx, node, value, U32))
  const dst = cx.ir.fresh()
  if (node.operator === '-') cx.ir.emit({ op: 'negate', width: widthOf(type), dst, a: value.operand })
  else cx.ir.emit({ op: 'binary', fn: 'xor', width: widthOf(type), dst, a: value.operand, b: imm(-1) })
  return { type, operand: reg(dst) }
}

/** What is assigned to in parts. */
const WHOLE: Readonly<Record<string, { readonly what: string; readonly instead: string }>> = {
  array: { what: 'an array', instead: 'its elements, one by one' },
  record: { what: 'a record', instead: 'its fields, one by one' },
}

function placeToChange(cx: Context, node: Expression): Place {
  const found = placeOf(cx, node)
  if ('value' in found) {
    const { kind } = found.value.type
    return fail(cx, node, 'not-assignable', WHOLE[kind] ?? { what: `a ${kind}` })
  }
  return found
}

function update(cx: Context, node: UpdateExpression): Value {
  const place = placeToChange(cx, node.argument as Expression) // what may stand there is a place, or refused as none
  const before = read(cx, place)
  if (before.type.kind === 'bool') fail(cx, node, 'wrong-type', { want: 'an integer', found: 'bool' })
  const kept = node.prefix || place.kind !== 'variable' ? before : copied(cx, before)
  at(cx, node)
  const after = arithmetic(cx, node, node.operator === '++' ? '+' : '-', before, { type: LITERAL, operand: imm(1) })
  const stored = cast(cx, node, after, intOf(cx, node, before, U32))
  write(cx, node.argument, place, place.kind === 'variable' ? stored.operand : after.operand)
  return node.prefix ? stored : kept
}

/** The value as it is now, whatever becomes of the variable. */
function copied(cx: Context, value: Value): Value {
  const dst = cx.ir.fresh()
  const { type, memory, max, choices, from } = value
  copy(cx, dst, type, value.operand)
  const now = { type, operand: reg(dst), memory, max, choices, from }
  return now as Value // undefined is as good as absent
}

function assign(cx: Context, node: AssignmentExpression): Value {
  const left = node.left as Expression // a pattern is refused below as no place
  if (node.operator === '=') {
    // Where to, then what: unless the value decides where, it is computed first, so that nothing waits for it.
    const early = decidesPlace(left) ? placeToChange(cx, left) : undefined
    const value = attempt(cx, () => lowerExpression(cx, node.right))
    const place = early ?? placeToChange(cx, left)
    if (value === undefined) return giveUp()
    noteLimit(cx, textOf(cx, left), node.right)
    at(cx, node)
    const type = declaredType(cx, place)
    if (isAddress(type)) return assignAddress(cx, node, place, value, type)
    const operand =
      type.kind === 'int'
        ? converted(cx, node.right, value, type)
        : type.kind === 'bool'
          ? truth(cx, node.right, value)
          : fail(cx, node.right, 'wrong-type', { want: typeName(type), found: typeName(value.type) })
    write(cx, node.left, place, operand)
    return { type, operand }
  }
  if (
    node.operator === '&&=' ||
    node.operator === '||=' ||
    node.operator === '??=' ||
    node.operator === '**=' ||
    node.operator === '>>>='
  )
    return noOperator(cx, node, node.operator)
  const place = placeToChange(cx, left)
  if (!isLimited(cx, node.right)) forgetLimit(cx, textOf(cx, left))
  const now = read(cx, place)
  if (now.type.kind === 'bool') fail(cx, node, 'wrong-type', { want: 'an integer', found: 'bool' })
  const before = place.kind === 'variable' ? copied(cx, now) : now
  const right = lowerExpression(cx, node.right)
  at(cx, node)
  const result = arithmetic(cx, node, node.operator.slice(0, -1), before, right)
  // Compound assignments wrap at the width of what they assign to; memory cuts by itself.
  const type = intOf(cx, node, before, U32)
  const wide = result.type.kind === 'int' && result.type.bits === 64 && type.bits === 32
  const { operand } = cast(cx, node, result, type)
  write(cx, node.left, place, place.kind === 'variable' || wide ? operand : result.operand)
  return { type, operand }
}

/** May computing a value change which place this is? An index that is no number, or what `.` is applied to. */
function decidesPlace(left: Expression): boolean {
  if (left.type === 'ParenthesizedExpression' || left.type === 'TSNonNullExpression')
    return decidesPlace(left.expression)
  return (
    left.type === 'MemberExpression' &&
    ((left.computed && left.property.type !== 'Literal') || decidesPlace(left.object))
  )
}

/** A variable that was narrowed takes again what it was declared to hold. */
function declaredType(_cx: Context, place: Place): Type {
  return place.kind === 'variable' ? (place.variable.declared ?? place.variable.type) : typeOfPlace(place)
}

function assignAddress(cx: Context, node: AssignmentExpression, place: Place, value: Value, type: Type): Value {
  const checked = addressFor(cx, node.right, value, type)
  if (place.kind !== 'variable' || !('reg' in place.variable.operand))
    return fail(cx, node.left, 'not-assignable', { what: 'this' })
  const old: Variable = place.variable
  const region = checked.type.kind === 'null' ? old.memory : checked.memory
  if (region?.region !== old.memory?.region || region?.offset !== old.memory?.offset)
    return fail(cx, node, 'not-assignable', { what: `${place.name}, which leads to other memory,` })
  copy(cx, place.variable.operand.reg, type, checked.operand)
  cx.variables.set(place.name, { ...old, type: checked.type.kind === 'null' ? type : checked.type })
  return checked
}

/** Is it no number? Where the syntax does not say, it is lowered for its type alone. */
function isTruth(cx: Context, node: Expression): boolean {
  switch (node.type) {
    case 'ParenthesizedExpression':
      return isTruth(cx, node.expression)
    case 'UnaryExpression':
      return node.operator === '!'
    case 'BinaryExpression':
      return isComparison(node.operator)
    case 'LogicalExpression':
      return isTruth(cx, node.left)
    default: {
      const { truths } = cx.module.unit
      const known = truths.get(node)
      if (known !== undefined) return known
      const { kind } = lowerExpression(changed(scoped(cx), { ir: irBuilder() }), node).type
      const found = kind !== 'int' && kind !== 'literal'
      truths.set(node, found)
      return found
    }
  }
}
