import type { CallExpression, Expression } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import type { Terminator } from '../ir/ir.ts'
import { nearest } from '../kernel-header.ts'
import { BOOL, type IntType, isSocket, LITERAL, S64, sizeOfData, type Type, typeName, U32, VOID } from '../types.ts'
import { parametersOf } from './functions.ts'
import { emitHelper, functionAddress } from './kernel-calls.ts'
import { addressOf, memberOf } from './places.ts'
import { at, type Context, changed, type FunctionInfo, fail, type Value } from './scope.ts'
import { textAddress } from './texts.ts'
import { typeOfAnnotation } from './type-annotations.ts'
import { addressFor, commonType, converted, copy, intOf, least, widened, widthOf, withLimit } from './values.ts'

type Branch = Extract<Terminator, { readonly op: 'branch' }>

/** How a call of something built in is lowered. */
export type Builtin = (cx: Context, node: CallExpression, args: readonly Expression[]) => Value

/** What the language has by itself, maps and helpers aside. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['min', (cx, node, args) => smaller(cx, node, args, '<')],
  ['max', (cx, node, args) => smaller(cx, node, args, '>')],
  ['clamp', clamp],
  ['abs', absolute],
  ['tcp_sk', (cx, node, args) => viewAs(cx, node, args, 'tcp_sock', 'tcp_sk')],
  ['inet_csk', (cx, node, args) => viewAs(cx, node, args, 'inet_connection_sock', 'inet_csk')],
  ['inet_csk_ca', privateState],
  ['sizeof', sizeOf],
  ['exists', exists],
  ['hasKfunc', hasKfunc],
  ['hasCallback', hasCallback],
  ['kernelAtLeast', kernelAtLeast],
  ['printk', printk],
  ['atomicAdd', atomicAdd],
  ['loop', loopCall],
])

function take(
  cx: Context,
  node: CallExpression,
  args: readonly Expression[],
  name: string,
  want: number,
): readonly Expression[] {
  if (args.length !== want) fail(cx, node, 'arguments', { name, want, found: args.length })
  return args
}

const only = (cx: Context, node: CallExpression, args: readonly Expression[], name: string): Expression =>
  take(cx, node, args, name, 1)[0] ?? node

/** The lesser (or greater) of two: moved over the other where that is less. */
function smaller(cx: Context, node: CallExpression, args: readonly Expression[], operator: '<' | '>'): Value {
  const name = operator === '<' ? 'min' : 'max'
  if (args.length < 2) fail(cx, node, 'arguments', { name, want: 2, found: args.length })
  const [first, ...others] = args.map((arg) => cx.lower.expression(cx, arg))
  if (first === undefined) return { type: VOID, operand: imm(0) }
  return others.reduce((left, right) => chosen(cx, node, left, right, operator), first)
}

function chosen(cx: Context, node: CallExpression, left: Value, right: Value, operator: '<' | '>'): Value {
  at(cx, node)
  // A number is easier to have on the right.
  const [a, b] = 'imm' in left.operand ? [right, left] : [left, right]
  const type = commonType(cx, node, operator === '<' ? 'min' : 'max', a, b)
  if ('imm' in left.operand && 'imm' in right.operand) {
    const isLeft = operator === '<' ? left.operand.imm < right.operand.imm : left.operand.imm > right.operand.imm
    return isLeft ? left : right
  }
  const [x, y] = [widened(cx, node, a, type), widened(cx, node, b, type)]
  const width = widthOf(type)
  const dst = cx.ir.fresh()
  copy(cx, dst, type, x)
  const [other, after] = [cx.ir.block(), cx.ir.block()]
  const unsigned = operator === '<' ? 'le' : 'ge'
  const condition = type.signed ? (`s${unsigned}` as const) : unsigned
  cx.ir.end({ op: 'branch', if: condition, width, a: reg(dst), b: y, yes: after, no: other })
  cx.ir.enter(other)
  copy(cx, dst, type, y)
  cx.ir.end({ op: 'jump', to: after })
  cx.ir.enter(after)
  const limit = operator === '<' ? least(boundOf(a), boundOf(b)) : undefined
  return withLimit(type, reg(dst), type.signed || (limit !== undefined && limit < 0n) ? undefined : limit)
}

const boundOf = ({ operand, max }: Value): bigint | undefined => ('imm' in operand ? operand.imm : max)

function clamp(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const [value, low, high] = take(cx, node, args, 'clamp', 3).map((arg) => cx.lower.expression(cx, arg))
  if (value === undefined || low === undefined || high === undefined) return { type: VOID, operand: imm(0) }
  return chosen(cx, node, chosen(cx, node, value, low, '>'), high, '<')
}

/** Without its sign, in the type of the same width that has none. */
function absolute(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const value = cx.lower.expression(cx, only(cx, node, args, 'abs'))
  if (value.type.kind === 'literal' && 'imm' in value.operand)
    return { type: LITERAL, operand: imm(value.operand.imm < 0n ? -value.operand.imm : value.operand.imm) }
  const type = intOf(cx, node, value, S64)
  if (!type.signed) return value
  const result: IntType = { kind: 'int', bits: type.bits === 64 ? 64 : 32, signed: false }
  if ('imm' in value.operand)
    return { type: result, operand: imm(value.operand.imm < 0n ? -value.operand.imm : value.operand.imm) }
  at(cx, node)
  const width = widthOf(result)
  const dst = cx.ir.fresh()
  copy(cx, dst, result, value.operand)
  const [negative, after] = [cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'branch', if: 'slt', width, a: value.operand, b: imm(0), yes: negative, no: after })
  cx.ir.enter(negative)
  cx.ir.emit({ op: 'negate', width, dst, a: value.operand })
  cx.ir.end({ op: 'jump', to: after })
  cx.ir.enter(after)
  return { type: result, operand: reg(dst) }
}

/** The same socket as another of the structs that it begins with. */
function viewAs(cx: Context, node: CallExpression, args: readonly Expression[], name: string, callee: string): Value {
  const argument = only(cx, node, args, callee)
  const value = cx.lower.expression(cx, argument)
  const type = cx.module.header.struct(name)
  if (type === undefined || !isSocket(value.type))
    return fail(cx, argument, 'wrong-type', { want: 'a socket', found: typeName(value.type) })
  return { type, operand: value.operand }
}

/** Room in icsk_ca_priv, bytes. */
const PRIVATE_BYTES = 104

function privateState(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const value = viewAs(cx, node, args, 'tcp_sock', 'inet_csk_ca')
  const [parameter] = node.typeArguments?.params ?? []
  if (parameter === undefined)
    return fail(cx, node.callee, 'needs-type', {
      what: 'inet_csk_ca',
      instead: 'inet_csk_ca<State>(sk), with an interface State',
    })
  const type = typeOfAnnotation(cx, parameter)
  if (type.kind !== 'record') return fail(cx, parameter, 'wrong-type', { want: 'an interface', found: typeName(type) })
  const { name, size } = type.layout
  if (size > PRIVATE_BYTES) return fail(cx, parameter, 'private-size', { name, size, limit: PRIVATE_BYTES })
  return { type, operand: value.operand, memory: { region: 'private', offset: 0 } }
}

/** Bytes of a type: a number, or what the target kernel says of its struct. */
function sizeOf(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  take(cx, node, args, 'sizeof', 0)
  const [parameter] = node.typeArguments?.params ?? []
  if (parameter === undefined)
    return fail(cx, node.callee, 'needs-type', { what: 'sizeof', instead: 'sizeof<State>()' })
  const type = typeOfAnnotation(cx, parameter)
  if (type.kind === 'struct') {
    const dst = cx.ir.fresh()
    cx.ir.emit({ op: 'question', dst, ask: { kind: 'typeSize', struct: type.root } })
    return { type: U32, operand: reg(dst) }
  }
  if (type.kind === 'int' || type.kind === 'bool' || type.kind === 'record' || type.kind === 'array')
    return { type: LITERAL, operand: imm(sizeOfData(type)) }
  return fail(cx, parameter, 'wrong-type', { want: 'a type that has a size', found: typeName(type) })
}

/** Does the target kernel have a field, an enumerator? */
function exists(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const argument = only(cx, node, args, 'exists')
  const dst = cx.ir.fresh()
  if (argument.type === 'Identifier') {
    const enumerator = cx.module.header.enumerator(argument.name)
    if (enumerator === undefined) return fail(cx, argument, 'unknown-name', { name: argument.name, nearest: [] })
    if (enumerator.enum === '')
      return fail(cx, argument, 'not-in-language', {
        what: 'exists() of a constant whose enum has no name',
        instead: 'kernelAtLeast(7, 0), or the version that has it',
      })
    cx.ir.emit({ op: 'question', dst, ask: { kind: 'enumeratorExists', enum: enumerator.enum, name: argument.name } })
    return { type: BOOL, operand: reg(dst) }
  }
  if (argument.type !== 'MemberExpression')
    return fail(cx, argument, 'wrong-type', { want: 'a field, such as tp.delivered_ce', found: 'something else' })
  // Everything may be named here: it is the question whether it is there.
  const found = memberOf(changed(cx, { guarded: ALL }), argument)
  const place = 'place' in found && found.place.kind === 'memory' ? found.place.place : undefined
  const struct = 'value' in found && found.value.type.kind === 'struct' ? found.value.type : undefined
  if (place?.kind === 'field')
    cx.ir.emit({ op: 'question', dst, ask: { kind: 'fieldExists', struct: place.struct, field: place.field } })
  else if (struct !== undefined && struct.path !== '')
    cx.ir.emit({ op: 'question', dst, ask: { kind: 'fieldExists', struct: struct.root, field: struct.path } })
  else return fail(cx, argument, 'wrong-type', { want: 'a field of the kernel', found: 'something else' })
  return { type: BOOL, operand: reg(dst) }
}

/** A set that has everything. */
const ALL: Set<string> = new (class extends Set<string> {
  override has(): boolean {
    return true
  }
})()

function hasKfunc(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const argument = only(cx, node, args, 'hasKfunc')
  const name = argument.type === 'Identifier' ? argument.name : ''
  if (cx.module.header.kfunc(name) === undefined)
    return fail(cx, argument, 'unknown-name', { name, nearest: nearest(name, cx.module.header.kfuncNames()) })
  return isThere(cx, name)
}

/** 1 where the kernel has a function. */
export function isThere(cx: Context, name: string): Value {
  const address = cx.ir.fresh()
  cx.ir.emit({ op: 'question', dst: address, ask: { kind: 'kfunc', name } })
  return truthOf(cx, { if: 'ne', width: 64, a: reg(address), b: imm(0) })
}

/** 1 where a comparison holds, else 0. */
function truthOf(cx: Context, comparison: Pick<Branch, 'if' | 'width' | 'a' | 'b'>): Value {
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'move', width: 32, dst, a: imm(1) })
  const [not, after] = [cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'branch', ...comparison, yes: after, no: not })
  cx.ir.enter(not)
  cx.ir.emit({ op: 'move', width: 32, dst, a: imm(0) })
  cx.ir.end({ op: 'jump', to: after })
  cx.ir.enter(after)
  return { type: BOOL, operand: reg(dst) }
}

function hasCallback(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const argument = only(cx, node, args, 'hasCallback')
  const name = argument.type === 'Literal' && typeof argument.value === 'string' ? argument.value : ''
  const callbacks = cx.module.header.callbacks('tcp_congestion_ops')
  if (callbacks?.has(name) !== true)
    return fail(cx, argument, 'unknown-callback', {
      type: 'tcp_congestion_ops',
      name: name === '' ? 'of this name' : name,
      nearest: nearest(name, [...(callbacks?.keys() ?? [])]),
    })
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'question', dst, ask: { kind: 'fieldExists', struct: 'tcp_congestion_ops', field: name } })
  return { type: BOOL, operand: reg(dst) }
}

/** By LINUX_VERSION_CODE: `major << 16 | minor << 8 | patch`. */
function kernelAtLeast(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const numbers = args.map((arg) => {
    const value = cx.lower.expression(cx, arg)
    return 'imm' in value.operand
      ? value.operand.imm
      : fail(cx, arg, 'wrong-type', { want: 'a number', found: 'a variable' })
  })
  const [major, minor, patch = 0n] = numbers
  if (major === undefined || minor === undefined || numbers.length > 3)
    return fail(cx, node, 'arguments', { name: 'kernelAtLeast', want: 2, found: args.length })
  const version = cx.ir.fresh()
  cx.ir.emit({ op: 'question', dst: version, ask: { kind: 'version' } })
  const code = (major << 16n) | (minor << 8n) | patch
  return truthOf(cx, { if: 'ge', width: 32, a: reg(version), b: imm(code) })
}

/** `bpf_trace_printk` with the format in read-only data: at most three numbers. */
function printk(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const [format, ...numbers] = args
  if (format?.type !== 'Literal' || typeof format.value !== 'string')
    return fail(cx, format ?? node, 'wrong-type', { want: 'a format in quotes', found: 'something else' })
  const wanted = (format.value.match(/%[^%]/g) ?? []).length
  if (wanted > 3 || wanted !== numbers.length)
    return fail(cx, node, 'arguments', {
      name: `printk(${format.raw})`,
      want: Math.min(wanted, 3) + 1,
      found: args.length,
    })
  const values = numbers.map((one) => {
    const value = cx.lower.expression(cx, one)
    return widened(cx, one, value, { ...intOf(cx, one, value, S64), bits: 64 })
  })
  const text = textAddress(cx, format.value)
  at(cx, node)
  emitHelper(cx, 'bpf_trace_printk', [text.address, imm(text.size), ...values])
  return { type: VOID, operand: imm(0) }
}

/** `atomicAdd(counter.value, 1)`: as one step, also for other CPUs. */
function atomicAdd(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const [target, amount] = take(cx, node, args, 'atomicAdd', 2)
  if (target?.type !== 'MemberExpression' || amount === undefined)
    return fail(cx, target ?? node, 'wrong-type', { want: 'a place in memory', found: 'something else' })
  const found = memberOf(cx, target)
  const place = 'place' in found && found.place.kind === 'memory' ? found.place : undefined
  if (place === undefined || place.type.kind !== 'int' || place.type.bits < 32 || place.place.kind === 'field')
    return fail(cx, target, 'wrong-type', {
      want: 'a u32 or u64 of a map, a global or private state',
      found: 'something else',
    })
  const value = cx.lower.expression(cx, amount)
  const operand = converted(cx, amount, value, place.type)
  at(cx, node)
  cx.ir.emit({
    op: 'atomicAdd',
    base: place.base,
    place: place.place,
    size: place.type.bits === 64 ? 'u64' : 'u32',
    a: operand,
  })
  return { type: VOID, operand: imm(0) }
}

/** A function of the module, or one that is written in place and takes all that it uses as its context. */
function bodyOfLoop(cx: Context, body: Expression | undefined): FunctionInfo | undefined {
  if (body?.type === 'Identifier') return cx.module.functions.get(body.name)
  if (body?.type !== 'ArrowFunctionExpression') return undefined
  const at = { start: body.start, end: body.body.start }
  return { name: 'loop_body', node: body, at, module: cx.module, noinline: true }
}

/** `loop(n, body, context)`: `bpf_loop`, whose body is a function of the module; gives how often it ran. */
function loopCall(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const [count, body, context] = args
  const f = bodyOfLoop(cx, body)
  if (count === undefined || f === undefined)
    return fail(cx, body ?? node, 'wrong-type', {
      want: 'a function of the module: (i: u32, context: T) => bool',
      found: 'something else',
    })
  const parameters = parametersOf(f)
  const [index, state] = parameters
  if (
    index === undefined ||
    index.type.kind !== 'int' ||
    parameters.length > 2 ||
    (state !== undefined) !== (context !== undefined)
  )
    return fail(cx, body ?? node, 'arguments', {
      name: f.name,
      want: context === undefined ? 1 : 2,
      found: parameters.length,
    })
  const times = converted(cx, count, cx.lower.expression(cx, count), U32)
  let pointer = imm(0)
  if (state !== undefined && context !== undefined) {
    const type: Type = state.type
    const value = addressFor(cx, context, cx.lower.expression(cx, context), type)
    pointer = addressOf(cx, value)
  }
  const address = functionAddress(cx, node, f)
  return { type: S64, operand: emitHelper(cx, 'bpf_loop', [times, address, pointer, imm(0)]) }
}
