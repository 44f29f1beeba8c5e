import type { Expression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm, reg } from '../ir/builder.ts'
import type { BinaryOp, Operand, Width } from '../ir/ir.ts'
import {
  type IntType,
  isAddress,
  LITERAL,
  promoted,
  rangeOf,
  S32,
  S64,
  sameType,
  type Type,
  typeName,
  U32,
  U64,
  widens,
} from '../types.ts'
import { type Context, fail, type Value } from './scope.ts'
import { textOf } from './syntax-tree.ts'

const operators: Readonly<Record<string, BinaryOp>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'lsh',
  '>>': 'rsh',
}

/** Does an operator compute a number of two? */
export const isArithmetic = (operator: string): boolean => Object.hasOwn(operators, operator)

const SIGN_MATTERS: ReadonlySet<string> = new Set(['/', '%', '<', '<=', '>', '>=', 'min', 'max'])

const COMPARES_OR_DIVIDES: ReadonlySet<string> = new Set([...SIGN_MATTERS, '===', '==', '!==', '!='])

/** Put a value into a register that holds values of a type. */
export function copy(cx: Context, dst: number, type: Type, a: Operand): void {
  cx.ir.emit({ op: 'move', width: 'reg' in a ? 64 : widthOf(type), dst, a })
}

/** `left operator right`, at the width that both widen to. */
export function arithmetic(cx: Context, span: Span, operator: string, left: Value, right: Value): Value {
  const fn = operators[operator]
  if (fn === undefined) return fail(cx, span, 'not-in-language', { what: `the operator ${operator}` })
  if (left.type.kind === 'literal' && right.type.kind === 'literal') return folded(cx, span, fn, left, right)
  const shift = fn === 'lsh' || fn === 'rsh'
  const type = shift ? shiftedType(cx, span, left, right) : commonType(cx, span, operator, left, right)
  if ((fn === 'div' || fn === 'mod') && 'imm' in right.operand && right.operand.imm === 0n)
    return fail(cx, right.from ?? span, 'division-by-zero', {})
  if (
    shift &&
    right.type.kind === 'literal' &&
    'imm' in right.operand &&
    (right.operand.imm < 0n || right.operand.imm >= BigInt(type.bits))
  )
    return fail(cx, right.from ?? span, 'shift-range', {
      by: `${right.operand.imm}`,
      type: typeName(type),
      bits: type.bits,
    })
  const a = widened(cx, span, left, type)
  const width = widthOf(type)
  const b = shift ? shiftCount(right.operand, width) : widened(cx, span, right, type)
  if ((fn === 'div' || fn === 'mod') && type.signed && cx.module.unit.cpu === 'v4') {
    const dst = cx.ir.fresh()
    cx.ir.emit({ op: 'binary', fn: fn === 'div' ? 'sdiv' : 'smod', width, dst, a, b })
    return { type, operand: reg(dst) }
  }
  if ((fn === 'div' || fn === 'mod') && type.signed) return { type, operand: signedDivision(cx, fn, width, a, b) }
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'binary', fn: fn === 'rsh' && type.signed ? 'arsh' : fn, width, dst, a, b })
  return withLimit(type, reg(dst), type.signed ? undefined : greatest(fn, left, right, b, type))
}

/** A number, and the most that it can be where that is known. */
export const withLimit = (type: Type, operand: Operand, max: bigint | undefined): Value =>
  max === undefined ? { type, operand } : { type, operand, max }

/** What is shifted decides; the count may be any integer. */
function shiftedType(cx: Context, span: Span, left: Value, right: Value): IntType {
  intOf(cx, span, right, U32)
  const type = promoted(intOf(cx, span, left, U32))
  if (left.type.kind === 'literal' && 'imm' in left.operand) checkRange(cx, span, left.operand.imm, type)
  return type
}

/** Counts are taken modulo the width, as the machine does with those in registers, and refuses to with numbers. */
const shiftCount = (count: Operand, width: Width): Operand =>
  'imm' in count ? imm(count.imm & (width === 64 ? 63n : 31n)) : count

/** The most that a number without sign can be. */
export function mostOf(value: Value, operand = value.operand): bigint | undefined {
  if ('imm' in operand) return operand.imm >= 0n ? operand.imm : undefined
  if (value.max !== undefined) return value.max
  return value.type.kind === 'int' && !value.type.signed ? rangeOf(value.type).max : undefined
}

/** The lesser of two, where there are two. */
export const least = (a: bigint | undefined, b: bigint | undefined): bigint | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

/** The most that an operation can give, where that is less than its type holds; `second` is the right one as it is computed with. */
function greatest(fn: BinaryOp, left: Value, right: Value, second: Operand, type: IntType): bigint | undefined {
  const [a, b] = [mostOf(left), mostOf(right, second)]
  const by = 'imm' in second ? second.imm : undefined
  const { max } = rangeOf(type)
  const bounded = (value: bigint | undefined): bigint | undefined =>
    value !== undefined && value < max ? value : undefined
  switch (fn) {
    case 'and':
      return bounded(least(a, b))
    case 'mod':
      return by !== undefined && by > 0n ? bounded(by - 1n) : undefined
    case 'div':
      return a !== undefined && by !== undefined && by > 0n ? bounded(a / by) : undefined
    case 'rsh':
      return a !== undefined && by !== undefined ? bounded(a >> (by & 63n)) : undefined
    case 'add':
      return a !== undefined && b !== undefined && a + b <= max ? bounded(a + b) : undefined
    case 'sub':
      // Not from a number that is less.
      return a !== undefined && b !== undefined && 'imm' in left.operand && b <= a ? bounded(a) : undefined
    case 'mul':
      return a !== undefined && b !== undefined && a * b <= max ? bounded(a * b) : undefined
    default:
      return undefined
  }
}

/** Numbers of the source are below this, so that computing with them takes no time. */
const LARGEST = 1n << 64n

const FOLD: Readonly<Record<BinaryOp, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  mod: (a, b) => a % b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  lsh: (a, b) => a << (b & 63n),
  rsh: (a, b) => a >> (b & 63n),
  arsh: (a, b) => a >> (b & 63n),
  sdiv: (a, b) => a / b,
  smod: (a, b) => a % b,
}

function folded(cx: Context, span: Span, fn: BinaryOp, left: Value, right: Value): Value {
  const [a, b] = [left.operand, right.operand]
  if (!('imm' in a && 'imm' in b)) return fail(cx, span, 'not-a-value', { what: 'this' })
  if ((fn === 'div' || fn === 'mod') && b.imm === 0n) return fail(cx, right.from ?? span, 'division-by-zero', {})
  const result = FOLD[fn](a.imm, b.imm)
  if (result >= LARGEST || -result > LARGEST)
    return fail(cx, span, 'literal-range', {
      value: `${result}`,
      type: 'u64',
      range: `0 to ${LARGEST - 1n}`,
    })
  return { type: LITERAL, operand: imm(result), from: span }
}

/** The machine divides without signs: take them off, divide, put the right one back. */
function signedDivision(cx: Context, fn: 'div' | 'mod', width: Width, a: Operand, b: Operand): Operand {
  const magnitude = (operand: Operand): Operand => {
    if ('imm' in operand) return imm(operand.imm < 0n ? -operand.imm : operand.imm)
    const dst = cx.ir.fresh()
    cx.ir.emit({ op: 'move', width: 64, dst, a: operand })
    const [negative, after] = [cx.ir.block(), cx.ir.block()]
    cx.ir.end({ op: 'branch', if: 'slt', width, a: operand, b: imm(0), yes: negative, no: after })
    cx.ir.enter(negative)
    cx.ir.emit({ op: 'negate', width, dst, a: operand })
    cx.ir.end({ op: 'jump', to: after })
    cx.ir.enter(after)
    return reg(dst)
  }
  const [x, y] = [magnitude(a), magnitude(b)]
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'binary', fn, width, dst, a: x, b: y })
  // A quotient is negative when the signs differ, a remainder when the dividend is.
  const sign = cx.ir.fresh()
  if (fn === 'mod') cx.ir.emit({ op: 'move', width: 'reg' in a ? 64 : width, dst: sign, a })
  else cx.ir.emit({ op: 'binary', fn: 'xor', width, dst: sign, a, b })
  const [negate, after] = [cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'branch', if: 'slt', width, a: reg(sign), b: imm(0), yes: negate, no: after })
  cx.ir.enter(negate)
  cx.ir.emit({ op: 'negate', width, dst, a: reg(dst) })
  cx.ir.end({ op: 'jump', to: after })
  cx.ir.enter(after)
  return reg(dst)
}

/** The type that two operands are computed in. */
export function commonType(cx: Context, span: Span, operator: string, left: Value, right: Value): IntType {
  const a = left.type.kind === 'literal' ? undefined : promoted(intOf(cx, span, left, U32))
  const b = right.type.kind === 'literal' ? undefined : promoted(intOf(cx, span, right, U32))
  if (a === undefined && b === undefined) return typeOfLiterals(cx, span, left, right)
  if (a === undefined || b === undefined) {
    const [literal, other] = a === undefined ? [left, right] : [right, left]
    // It chooses and does not compute: what is narrower than 32 bits can also be that wide with a sign.
    const isBelow = operator === '?:' && 'imm' in literal.operand && literal.operand.imm < 0n
    const type = isBelow && other.type.kind === 'int' && other.type.bits < 32 ? S32 : (a ?? b ?? U32)
    // Where a sign matters, -1 is less than 0 and no way to write all ones.
    if (!type.signed && COMPARES_OR_DIVIDES.has(operator) && 'imm' in literal.operand && literal.operand.imm < 0n)
      fail(cx, literal.from ?? span, 'literal-range', {
        value: `${literal.operand.imm}`,
        type: typeName(type),
        range: `0 to ${rangeOf(type).max}`,
      })
    return fitting(cx, span, type, literal)
  }
  if (a.signed !== b.signed && SIGN_MATTERS.has(operator)) {
    const wide = a.bits > b.bits ? a : b
    if (!(widens(a, wide) && widens(b, wide)))
      return fail(cx, span, 'mixed-signs', {
        left: typeName(left.type),
        right: typeName(right.type),
        operator,
        ...castsOf(cx, operator, [left, a], [right, b]),
      })
  }
  // Where one holds all values of the other, it is that one: s64 of s64 and u32.
  if (widens(a, b)) return b
  if (widens(b, a)) return a
  return { kind: 'int', bits: a.bits === 64 || b.bits === 64 ? 64 : 32, signed: false }
}

/** The type of two numbers of the source: 32 bits where they fit, without a sign where none has one. */
function typeOfLiterals(cx: Context, span: Span, left: Value, right: Value): IntType {
  const holds = (type: IntType, { operand }: Value): boolean =>
    'imm' in operand && operand.imm >= rangeOf(type).min && operand.imm <= rangeOf(type).max
  const type = [U32, S32, U64, S64].find((one) => holds(one, left) && holds(one, right)) ?? U64
  fitting(cx, span, type, left)
  return fitting(cx, span, type, right)
}

/** The operation as it stands, and in either sign: `u32(a) < b` and `a < s32(b)`. */
function castsOf(
  cx: Context,
  operator: string,
  [left, a]: readonly [Value, IntType],
  [right, b]: readonly [Value, IntType],
): { readonly operation: string; readonly either: readonly (readonly [cast: string, operation: string])[] } {
  const textAt = ({ from }: Value): string => (from === undefined ? '…' : textOf(cx, from))
  const [x, y] = [textAt(left), textAt(right)]
  const both = (one: string, other: string): string =>
    /^\w/.test(operator) ? `${operator}(${one}, ${other})` : `${one} ${operator} ${other}`
  const [ofLeft, ofRight] = [typeName({ ...a, signed: b.signed }), typeName({ ...b, signed: a.signed })]
  return {
    operation: both(x, y),
    either: [
      [ofLeft, both(`${ofLeft}(${x})`, y)],
      [ofRight, both(x, `${ofRight}(${y})`)],
    ],
  }
}

/** A literal takes the other's type, and has to fit it. */
function fitting(cx: Context, span: Span, type: IntType, value: Value): IntType {
  if ('imm' in value.operand) checkRange(cx, value.from ?? span, value.operand.imm, type)
  return type
}

function checkRange(cx: Context, span: Span, value: bigint, type: IntType): void {
  const { min, max } = rangeOf(type)
  // `-1` is as good a way as any to write all ones.
  if (value > max || (value < min && (type.signed || value < -max - 1n)))
    fail(cx, span, 'literal-range', { value: `${value}`, type: typeName(type), range: `${min} to ${max}` })
}

/** An integer's type; true and false are numbers too. */
export function intOf(cx: Context, span: Span, value: Value, ofLiteral: IntType): IntType {
  if (value.type.kind === 'int') return value.type
  if (value.type.kind === 'literal') return ofLiteral
  if (value.type.kind === 'bool') return U32
  const instead = insteadOf(cx, span, value.type)
  return fail(cx, span, 'wrong-type', {
    want: 'an integer',
    found: typeName(value.type),
    ...(instead === undefined ? {} : { instead }),
  })
}

/** What in it is a number. */
function insteadOf(cx: Context, span: Span, type: Type): string | undefined {
  const handle = type.kind === 'handle' ? cx.module.handles.get(type.name) : undefined
  if (handle?.kind === 'map') return `${handle.name}.lookup(key)`
  if (handle !== undefined || type.kind === 'pointer') return `${textOf(cx, span)}.value`
  if (type.kind === 'struct' || type.kind === 'record') return `a field of it: ${textOf(cx, span)}.name`
  if (type.kind === 'text') return "texts are only for names and printk formats: printk('cwnd %u', cwnd)"
  return undefined
}

/** Bits that a value of a type is held in. */
export function widthOf(type: Type): Width {
  return isAddress(type) || (type.kind === 'int' && type.bits === 64) ? 64 : 32
}

/** A value in a type that it widens to. */
export function widened(cx: Context, span: Span, value: Value, to: IntType): Operand {
  if ('imm' in value.operand) return value.operand
  const from = promoted(intOf(cx, span, value, to))
  // Zeros are above 32 bits already; a sign has to be copied there.
  if (to.bits !== 64 || from.bits === 64 || !from.signed) return value.operand
  const [up, down] = [cx.ir.fresh(), cx.ir.fresh()]
  cx.ir.emit({ op: 'binary', fn: 'lsh', width: 64, dst: up, a: value.operand, b: imm(32) })
  cx.ir.emit({ op: 'binary', fn: 'arsh', width: 64, dst: down, a: reg(up), b: imm(32) })
  return reg(down)
}

/** A value where a type is wanted: it must fit without being cut. */
export function converted(cx: Context, span: Span, value: Value, to: IntType): Operand {
  if (value.type.kind === 'literal' && 'imm' in value.operand) {
    checkRange(cx, span, value.operand.imm, to)
    return value.operand
  }
  const from = intOf(cx, span, value, to)
  if (!fitsInto(cx, span, value, to) && value.choices?.every((one) => fitsInto(cx, span, one, to)) !== true)
    return fail(cx, span, 'narrowing', { from: typeName(from), to: typeName(to), what: shortText(cx, span) })
  return widened(cx, span, value, to)
}

/** Can a type hold what a value can be? Of a number of the source it is told at once where it cannot. */
function fitsInto(cx: Context, span: Span, { type, operand, from, max }: Value, to: IntType): boolean {
  if (type.kind === 'literal' && 'imm' in operand) checkRange(cx, from ?? span, operand.imm, to)
  if (type.kind !== 'int' || (max !== undefined && max <= rangeOf(to).max)) return true
  return widens(type, to) || (to.bits >= 32 && promoted(type).bits === to.bits && type.signed === to.signed)
}

/** A truth value, 0 or 1. */
export function truth(cx: Context, span: Span, value: Value): Operand {
  if (value.type.kind === 'bool') return value.operand
  if (value.type.kind === 'literal' && 'imm' in value.operand && (value.operand.imm === 0n || value.operand.imm === 1n))
    return value.operand
  const isNumber = value.type.kind === 'int' || value.type.kind === 'literal'
  return fail(cx, span, 'wrong-type', {
    want: 'bool',
    found: typeName(value.type),
    ...(isNumber ? { instead: `${textOf(cx, span)} !== 0` } : {}),
  })
}

/** `u16(x)` and the like: cut or extend on purpose. */
export function cast(cx: Context, span: Span, value: Value, to: IntType): Value {
  if ('imm' in value.operand) {
    const cut = to.signed ? BigInt.asIntN(to.bits, value.operand.imm) : BigInt.asUintN(to.bits, value.operand.imm)
    return { type: to, operand: imm(cut) }
  }
  const from = intOf(cx, span, value, to)
  const most = to.signed ? undefined : mostOf(value)
  const max = most !== undefined && most < rangeOf(to).max ? most : undefined
  return withLimit(to, castTo(cx, span, value, from, to), max)
}

function castTo(cx: Context, span: Span, value: Value, from: IntType, to: IntType): Operand {
  if (to.bits === 64) return widened(cx, span, value, from.signed ? S64 : U64)
  const dst = cx.ir.fresh()
  if (to.bits === 32) {
    if (promoted(from).bits === 32) return value.operand
    cx.ir.emit({ op: 'move', width: 32, dst, a: value.operand })
    return reg(dst)
  }
  if (from.bits <= to.bits && from.signed === to.signed) return value.operand
  if (to.signed) {
    cx.ir.emit({ op: 'move', width: 32, dst, a: value.operand })
    return reg(extended(cx, dst, to))
  }
  cx.ir.emit({ op: 'binary', fn: 'and', width: 32, dst, a: value.operand, b: imm(rangeOf(to).max) })
  return reg(dst)
}

/** A narrow signed number read with zeros above, as 32 bits with its sign. */
export function extended(cx: Context, register: number, type: IntType): number {
  if (!type.signed || type.bits >= 32) return register
  const [up, down] = [cx.ir.fresh(), cx.ir.fresh()]
  cx.ir.emit({ op: 'binary', fn: 'lsh', width: 32, dst: up, a: reg(register), b: imm(32 - type.bits) })
  cx.ir.emit({ op: 'binary', fn: 'arsh', width: 32, dst: down, a: reg(up), b: imm(32 - type.bits) })
  return down
}

/** An argument for a parameter of a type. */
export function argumentFor(cx: Context, node: Expression, type: Type): Operand {
  const value = cx.lower.expression(cx, node)
  if (type.kind === 'int') return converted(cx, node, value, type)
  if (type.kind === 'bool')
    return value.type.kind === 'bool' || value.type.kind === 'literal'
      ? value.operand
      : fail(cx, node, 'wrong-type', { want: 'bool', found: typeName(value.type) })
  return addressFor(cx, node, value, type).operand
}

/** A pointer where one of a type is wanted. */
export function addressFor(cx: Context, span: Span, value: Value, type: Type): Value {
  if (type.kind === 'nullable' && (value.type.kind === 'null' || sameType(type.of, value.type))) return value
  if (sameType(type, value.type)) return value
  if (value.type.kind === 'nullable' && sameType(type, value.type.of))
    return fail(cx, span, 'may-be-null', { what: textOf(cx, span) })
  const view = VIEWS[typeName(type)]
  return fail(cx, span, 'wrong-type', {
    want: typeName(type),
    found: typeName(value.type),
    ...(view !== undefined && typeName(value.type) === 'sock' ? { instead: `${view}(${textOf(cx, span)})` } : {}),
  })
}

/** What makes of a sock what it is the beginning of. */
const VIEWS: Readonly<Record<string, string>> = { tcp_sock: 'tcp_sk', inet_connection_sock: 'inet_csk' }

/** The text of an expression, where it is short enough to be repeated. */
function shortText(cx: Context, span: Span): string {
  const text = textOf(cx, span)
  return text.length > 30 || text.includes('\n') ? '…' : text
}
