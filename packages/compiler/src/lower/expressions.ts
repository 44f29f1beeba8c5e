import type { AssignmentExpression, Expression, MemberExpression, UnaryExpression, UpdateExpression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm, reg } from '../ir/builder.ts'
import type { AccessSize, Condition, Operand, Width } from '../ir/ir.ts'
import { nearest } from '../kernel-header.ts'
import { BOOL, type IntType, LITERAL, promoted, type Type, typeName, U32, VOID } from '../types.ts'
import { type Context, fail, type Value } from './scope.ts'
import { arithmetic, cast, commonType, converted, copy, extended, intOf, widened, widthOf } from './values.ts'

/** Somewhere a value can be read from and written to. */
type Place =
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly type: Type
      readonly operand: Operand
      readonly assignable: boolean
    }
  | {
      readonly kind: 'field'
      readonly base: number
      readonly struct: string
      readonly path: string
      readonly type: IntType
      readonly bitfield: boolean
    }
  | { readonly kind: 'private'; readonly base: number; readonly offset: number; readonly type: IntType }

/** Compute an expression. */
export function lowerExpression(cx: Context, node: Expression): Value {
  cx.ir.at(node)
  switch (node.type) {
    case 'Literal':
      return literal(cx, node)
    case 'Identifier':
      return identifier(cx, node.name, node)
    case 'MemberExpression':
      return member(cx, node)
    case 'BinaryExpression':
      if (node.left.type === 'PrivateIdentifier') return fail(cx, node, 'not-in-language', { what: 'the operator in' })
      return isComparison(node.operator) ? asBool(cx, node) : binary(cx, node, node.left)
    case 'LogicalExpression':
      return asBool(cx, node)
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
    default:
      return fail(cx, node, 'not-in-language', { what: node.type.replace(/Expression$/, ' expression').toLowerCase() })
  }
}

function literal(cx: Context, node: Extract<Expression, { type: 'Literal' }>): Value {
  if (typeof node.value === 'boolean') return { type: BOOL, operand: imm(node.value ? 1 : 0) }
  const raw = 'raw' in node && typeof node.raw === 'string' ? node.raw.replaceAll('_', '').replace(/n$/, '') : ''
  if (!/^(?:\d+|0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+)$/.test(raw))
    return fail(cx, node, 'not-in-language', {
      what: typeof node.value === 'number' ? 'a number with a fraction' : 'this literal',
    })
  return { type: LITERAL, operand: imm(BigInt(raw)) }
}

function identifier(cx: Context, name: string, span: Span): Value {
  const variable = cx.variables.get(name)
  if (variable !== undefined) return variable
  const constant = cx.module.constants.get(name)
  if (constant !== undefined) return { type: LITERAL, operand: imm(constant) }
  const enumerator = cx.module.header.enumerator(name)
  if (enumerator !== undefined) {
    const dst = cx.ir.fresh()
    cx.ir.emit({ op: 'enumerator', dst, enum: enumerator.enum, name })
    return { type: { kind: 'int', bits: 32, signed: enumerator.value < 0 }, operand: reg(dst) }
  }
  if (name === 'undefined') return { type: VOID, operand: imm(0) }
  return fail(cx, span, 'unknown-name', {
    name,
    nearest: nearest(name, [...cx.variables.keys(), ...cx.module.constants.keys()]),
  })
}

function member(cx: Context, node: MemberExpression): Value {
  const found = memberOf(cx, node)
  return 'kind' in found ? read(cx, found) : found
}

/** A member: a place with a number in it, or a struct. */
function memberOf(cx: Context, node: MemberExpression): Place | Value {
  const named = memberName(node)
  if (named === undefined) return fail(cx, node, 'not-in-language', { what: 'an element of an array' })
  const { name } = named
  const object = lowerExpression(cx, named.object)
  const { type } = object
  const base = 'reg' in object.operand ? object.operand.reg : -1
  if (type.kind === 'private') {
    const field = type.layout.fields.get(name)
    if (field === undefined)
      return fail(cx, node.property, 'unknown-field', {
        type: type.layout.name,
        field: name,
        nearest: nearest(name, [...type.layout.fields.keys()]),
      })
    return { kind: 'private', base, offset: field.offset, type: field.type }
  }
  if (type.kind !== 'struct') return fail(cx, node.object, 'wrong-type', { want: 'a struct', found: typeName(type) })
  const field = cx.module.header.field(type, name)
  if (field === undefined)
    return fail(cx, node.property, 'unknown-field', {
      type: typeName(type),
      field: name,
      nearest: nearest(name, cx.module.header.fieldNames(type)),
    })
  if (field.type.kind === 'int')
    return { kind: 'field', base, struct: type.root, path: field.path, type: field.type, bitfield: field.bitfield }
  if (!field.pointer) return { type: field.type, operand: object.operand }
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'loadField', dst, base, place: { struct: type.root, field: field.path }, extend: 'none' })
  return { type: field.type, operand: reg(dst) }
}

/** `object.name`, or `object.name[2]`, an element of an array within a struct by its number. */
function memberName(node: MemberExpression): { readonly object: Expression; readonly name: string } | undefined {
  if (!node.computed) {
    return node.property.type === 'Identifier' ? { object: node.object, name: node.property.name } : undefined
  }
  const { object, property } = node
  if (object.type !== 'MemberExpression' || object.computed || object.property.type !== 'Identifier') return undefined
  if (property.type !== 'Literal' || !('raw' in property) || !/^\d+$/.test(property.raw ?? '')) return undefined
  return { object: object.object, name: `${object.property.name}[${property.raw}]` }
}

function read(cx: Context, place: Place): Value {
  if (place.kind === 'variable') return place
  const dst = cx.ir.fresh()
  if (place.kind === 'field') {
    const narrow = place.type.signed && place.type.bits < 64
    const extend = !narrow ? 'none' : place.bitfield ? 'cut' : 'zeros'
    const size = place.bitfield ? {} : { size: sizeOfInt(place.type) }
    const at = { struct: place.struct, field: place.path }
    cx.ir.emit({ op: 'loadField', dst, base: place.base, place: at, extend, ...size })
    // Of bitfields the sign is there already.
    return { type: place.type, operand: reg(place.bitfield ? dst : extended(cx, dst, place.type)) }
  }
  cx.ir.emit({ op: 'loadPrivate', dst, base: place.base, offset: place.offset, size: sizeOfInt(place.type) })
  return { type: place.type, operand: reg(extended(cx, dst, place.type)) }
}

const sizeOfInt = ({ bits }: IntType): AccessSize => `u${bits}`

function write(cx: Context, place: Place, value: Operand): void {
  switch (place.kind) {
    case 'variable':
      if ('reg' in place.operand) copy(cx, place.operand.reg, place.type, value)
      return
    case 'field':
      cx.ir.emit({
        op: 'storeField',
        base: place.base,
        place: { struct: place.struct, field: place.path },
        size: sizeOfInt(place.type),
        a: value,
      })
      return
    case 'private':
      cx.ir.emit({ op: 'storePrivate', base: place.base, offset: place.offset, size: sizeOfInt(place.type), a: value })
  }
}

function placeOf(cx: Context, node: Expression | AssignmentExpression['left']): Place {
  if (node.type === 'Identifier') {
    const variable = cx.variables.get(node.name)
    if (variable === undefined) {
      identifier(cx, node.name, node)
      return fail(cx, node, 'not-assignable', { what: node.name })
    }
    if (!variable.assignable) return fail(cx, node, 'not-assignable', { what: `${node.name}, a const,` })
    return { kind: 'variable', name: node.name, ...variable }
  }
  if (node.type !== 'MemberExpression') return fail(cx, node, 'not-assignable', { what: 'this' })
  const found = memberOf(cx, node)
  if ('kind' in found) return found
  return fail(cx, node, 'not-assignable', { what: 'a struct' })
}

function binary(
  cx: Context,
  node: { readonly operator: string; readonly right: Expression } & Span,
  before: Expression,
): Value {
  const left = lowerExpression(cx, before)
  const right = lowerExpression(cx, node.right)
  return arithmetic(cx, node, node.operator, left, right)
}

function unary(cx: Context, node: UnaryExpression): Value {
  if (node.operator === '!') return asBool(cx, node)
  const value = lowerExpression(cx, node.argument)
  if (node.operator !== '-' && node.operator !== '~')
    return fail(cx, node, 'not-in-language', { what: `the operator ${node.operator}` })
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

function update(cx: Context, node: UpdateExpression): Value {
  const place = placeOf(cx, node.argument as Expression) // what may stand there is a place, or refused as none
  const before = read(cx, place)
  const kept = node.prefix || place.kind !== 'variable' ? before : copied(cx, before)
  const after = arithmetic(cx, node, node.operator === '++' ? '+' : '-', before, { type: LITERAL, operand: imm(1) })
  const stored = cast(cx, node, after, intOf(cx, node, before, U32))
  write(cx, place, place.kind === 'variable' ? stored.operand : after.operand)
  return node.prefix ? stored : kept
}

/** The value as it is now, whatever becomes of the variable. */
function copied(cx: Context, value: Value): Value {
  const dst = cx.ir.fresh()
  copy(cx, dst, value.type, value.operand)
  return { type: value.type, operand: reg(dst) }
}

function assign(cx: Context, node: AssignmentExpression): Value {
  if (node.operator === '=') {
    // The value first, as what it reads may be what is written.
    const value = lowerExpression(cx, node.right)
    const place = placeOf(cx, node.left)
    cx.ir.at(node)
    const { type } = place
    const operand = type.kind === 'int' ? converted(cx, node.right, value, type) : sameKind(cx, node.right, value, type)
    write(cx, place, operand)
    return { type, operand }
  }
  const place = placeOf(cx, node.left)
  const before = read(cx, place)
  const result = arithmetic(cx, node, node.operator.slice(0, -1), before, lowerExpression(cx, node.right))
  cx.ir.at(node)
  // Compound assignments wrap at the width of what they assign to; memory cuts by itself.
  const type = intOf(cx, node, before, U32)
  const wide = result.type.kind === 'int' && result.type.bits === 64 && type.bits === 32
  const operand = place.kind === 'variable' || wide ? cast(cx, node, result, type).operand : result.operand
  write(cx, place, operand)
  return { type, operand }
}

function sameKind(cx: Context, span: Span, value: Value, type: Type): Operand {
  if (value.type.kind !== type.kind)
    return fail(cx, span, 'wrong-type', { want: typeName(type), found: typeName(value.type) })
  return value.operand
}

function conditional(cx: Context, node: Extract<Expression, { type: 'ConditionalExpression' }>): Value {
  const [yes, no, after] = [cx.ir.block(), cx.ir.block(), cx.ir.block()]
  lowerCondition(cx, node.test, yes, no)
  const dst = cx.ir.fresh()
  cx.ir.enter(yes)
  const left = lowerExpression(cx, node.consequent)
  // Both sides have to be looked at before the type is known: what the first needs is put at its end.
  const leftEnd = cx.ir.block()
  cx.ir.end({ op: 'jump', to: leftEnd })
  cx.ir.enter(no)
  const right = lowerExpression(cx, node.alternate)
  const isInt = left.type.kind !== 'struct' && left.type.kind !== 'private'
  const type: Type = isInt ? commonType(cx, node, '?:', left, right) : left.type
  const finish = (value: Value): void => {
    const operand = type.kind === 'int' ? widened(cx, node, value, type) : sameKind(cx, node, value, type)
    copy(cx, dst, type, operand)
    cx.ir.end({ op: 'jump', to: after })
  }
  finish(right)
  cx.ir.enter(leftEnd)
  finish(left)
  cx.ir.enter(after)
  return { type, operand: reg(dst) }
}

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

const isComparison = (operator: string): boolean => operator in conditions

/** A truth value as a number. */
function asBool(cx: Context, node: Expression): Value {
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
  return { type: BOOL, operand: reg(dst) }
}

/** Go to one block where an expression is true, to the other where it is not. */
export function lowerCondition(cx: Context, node: Expression, yes: number, no: number): void {
  cx.ir.at(node)
  if (node.type === 'ParenthesizedExpression') {
    lowerCondition(cx, node.expression, yes, no)
    return
  }
  if (node.type === 'UnaryExpression' && node.operator === '!') {
    lowerCondition(cx, node.argument, no, yes)
    return
  }
  if (node.type === 'LogicalExpression') {
    if (node.operator === '??') fail(cx, node, 'not-in-language', { what: 'the operator ??' })
    const next = cx.ir.block()
    if (node.operator === '&&') lowerCondition(cx, node.left, next, no)
    else lowerCondition(cx, node.left, yes, next)
    cx.ir.enter(next)
    lowerCondition(cx, node.right, yes, no)
    return
  }
  const names = node.type === 'BinaryExpression' ? conditions[node.operator] : undefined
  if (node.type === 'BinaryExpression' && names !== undefined) {
    const left = lowerExpression(cx, node.left as Expression) // no private name: its operator is `in`
    const right = lowerExpression(cx, node.right)
    const pointers = left.type.kind === 'struct' || right.type.kind === 'struct'
    const type: Type = pointers ? left.type : commonType(cx, node, node.operator, left, right)
    const [a, b] =
      type.kind === 'int'
        ? [widened(cx, node, left, type), widened(cx, node, right, type)]
        : [left.operand, right.operand]
    const signed = type.kind === 'int' && type.signed
    branch(cx, names[signed ? 1 : 0], widthOf(type), a, b, yes, no)
    return
  }
  if (node.type === 'CallExpression' && cx.lower.callCondition(cx, node, yes, no)) return
  const value = lowerExpression(cx, node)
  if (value.type.kind === 'void') fail(cx, node, 'not-a-value', { what: 'this' })
  branch(cx, 'ne', widthOf(value.type), value.operand, imm(0), yes, no)
}

const mirrored: Readonly<Record<Condition, Condition>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
  slt: 'sgt',
  sle: 'sge',
  sgt: 'slt',
  sge: 'sle',
}

function branch(
  cx: Context,
  condition: Condition,
  width: Width,
  a: Operand,
  b: Operand,
  yes: number,
  no: number,
): void {
  // A number can only stand on the right.
  const swap = 'imm' in a && 'reg' in b
  cx.ir.end({
    op: 'branch',
    if: swap ? mirrored[condition] : condition,
    width,
    a: swap ? b : a,
    b: swap ? a : b,
    yes: yes,
    no: no,
  })
}
