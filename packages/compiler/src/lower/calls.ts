import type { CallExpression, Expression } from 'oxc-parser'
import { reg } from '../ir/builder.ts'
import { nearest } from '../kernel-header.ts'
import { type IntType, intTypes, typeName, U32 } from '../types.ts'
import { inlineCall, inlineCondition } from './functions.ts'
import { type Context, fail, type Value } from './scope.ts'
import { argumentFor, cast, commonType, copy, widened, widthOf } from './values.ts'

type Builtin = (cx: Context, node: CallExpression, args: readonly Expression[]) => Value

/** What the language has by itself. */
const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['min', (cx, node, args) => smaller(cx, node, args, '<')],
  ['max', (cx, node, args) => smaller(cx, node, args, '>')],
  ['clamp', clamp],
  ['tcp_sk', (cx, node, args) => viewAs(cx, node, args, 'tcp_sock')],
  ['inet_csk', (cx, node, args) => viewAs(cx, node, args, 'inet_connection_sock')],
  ['inet_csk_ca', privateState],
  ['bpf_ktime_get_ns', (cx, node, args) => helper(cx, node, args, 'bpf_ktime_get_ns', 5)],
  ['bpf_jiffies64', (cx, node, args) => helper(cx, node, args, 'bpf_jiffies64', 118)],
  ['bpf_get_prandom_u32', (cx, node, args) => helper(cx, node, args, 'bpf_get_prandom_u32', 7)],
  ['bpf_tcp_send_ack', sendAck],
])

/** Structs that a socket may be seen as. */
const SOCKETS: ReadonlySet<string> = new Set(['sock', 'inet_sock', 'inet_connection_sock', 'tcp_sock'])

/** A call: of a cast, of something built in, of a function of the module. */
export function lowerCall(cx: Context, node: CallExpression): Value {
  const { callee } = node
  if (callee.type !== 'Identifier') return fail(cx, callee, 'not-in-language', { what: 'a call of this' })
  const args = node.arguments.map(
    (argument): Expression =>
      argument.type === 'SpreadElement'
        ? fail(cx, argument, 'not-in-language', { what: 'an argument with ...' })
        : argument,
  )
  const { name } = callee
  const to = intTypes.get(name)
  if (to !== undefined) return cast(cx, node, cx.lower.expression(cx, only(cx, node, args, name)), to)
  const f = cx.module.functions.get(name)
  if (f !== undefined) return inlineCall(cx, node, f, args)
  const builtin = builtins.get(name)
  if (builtin !== undefined) return builtin(cx, node, args)
  const names = [...cx.module.functions.keys(), ...builtins.keys(), ...intTypes.keys()]
  return fail(cx, callee, 'unknown-name', { name, nearest: nearest(name, names) })
}

/** A call that decides where to go on; false where it has to be a value first. */
export function callCondition(cx: Context, node: CallExpression, yes: number, no: number): boolean {
  const f = node.callee.type === 'Identifier' ? cx.module.functions.get(node.callee.name) : undefined
  const args = node.arguments.flatMap((argument) => (argument.type === 'SpreadElement' ? [] : [argument]))
  return f !== undefined && args.length === node.arguments.length && inlineCondition(cx, node, f, args, { yes, no })
}

function only(cx: Context, node: CallExpression, args: readonly Expression[], name: string): Expression {
  const [first] = args
  if (first === undefined || args.length !== 1)
    return fail(cx, node, 'arguments', { name, want: 1, found: args.length })
  return first
}

/** The lesser (or greater) of two: moved over the other where that is less. */
function smaller(cx: Context, node: CallExpression, args: readonly Expression[], operator: '<' | '>'): Value {
  const [first, second] = args
  if (first === undefined || second === undefined || args.length !== 2)
    return fail(cx, node, 'arguments', { name: operator === '<' ? 'min' : 'max', want: 2, found: args.length })
  const [left, right] = [cx.lower.expression(cx, first), cx.lower.expression(cx, second)]
  return chosen(cx, node, left, right, operator)
}

function chosen(cx: Context, node: CallExpression, left: Value, right: Value, operator: '<' | '>'): Value {
  cx.ir.at(node)
  if ('imm' in left.operand && 'imm' in right.operand) {
    const isLeft = operator === '<' ? left.operand.imm < right.operand.imm : left.operand.imm > right.operand.imm
    return isLeft ? left : right
  }
  // A number is easier to have on the right.
  const [a, b] = 'imm' in left.operand ? [right, left] : [left, right]
  const type = commonType(cx, node, operator, a, b)
  const [x, y] = [widened(cx, node, a, type), widened(cx, node, b, type)]
  const width = widthOf(type)
  const dst = cx.ir.fresh()
  copy(cx, dst, type, x)
  const [other, after] = [cx.ir.block(), cx.ir.block()]
  const unsigned = operator === '<' ? 'le' : 'ge'
  cx.ir.end({
    op: 'branch',
    if: type.signed ? `s${unsigned}` : unsigned,
    width,
    a: reg(dst),
    b: y,
    yes: after,
    no: other,
  })
  cx.ir.enter(other)
  copy(cx, dst, type, y)
  cx.ir.end({ op: 'jump', to: after })
  cx.ir.enter(after)
  return { type, operand: reg(dst) }
}

function clamp(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const [value, low, high] = args
  if (value === undefined || low === undefined || high === undefined || args.length !== 3)
    return fail(cx, node, 'arguments', { name: 'clamp', want: 3, found: args.length })
  const atLeast = chosen(cx, node, cx.lower.expression(cx, value), cx.lower.expression(cx, low), '>')
  return chosen(cx, node, atLeast, cx.lower.expression(cx, high), '<')
}

/** The same socket as another of the structs that it begins with. */
function viewAs(cx: Context, node: CallExpression, args: readonly Expression[], name: string): Value {
  const value = cx.lower.expression(cx, only(cx, node, args, name))
  const type = cx.module.header.struct(name)
  if (type === undefined || value.type.kind !== 'struct' || !SOCKETS.has(value.type.root) || value.type.path !== '')
    return fail(cx, node, 'wrong-type', { want: 'a socket', found: typeName(value.type) })
  return { type, operand: value.operand }
}

function privateState(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const value = viewAs(cx, node, args, 'tcp_sock')
  const [parameter] = node.typeArguments?.params ?? []
  const name =
    parameter?.type === 'TSTypeReference' && parameter.typeName.type === 'Identifier' ? parameter.typeName.name : ''
  const layout = cx.module.layouts.get(name)
  if (layout === undefined)
    return fail(cx, parameter ?? node, 'unknown-type', {
      name: name === '' ? 'here' : name,
      nearest: nearest(name, [...cx.module.layouts.keys()]),
    })
  return { type: { kind: 'private', layout }, operand: value.operand }
}

function helper(cx: Context, node: CallExpression, args: readonly Expression[], name: string, id: number): Value {
  if (args.length > 0) return fail(cx, node, 'arguments', { name, want: 0, found: args.length })
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'helper', dst, id, args: [] })
  const type: IntType = { kind: 'int', bits: id === 7 ? 32 : 64, signed: false }
  return { type, operand: reg(dst) }
}

/** An acknowledgement of its own, at once: of a socket, and the number to acknowledge. */
function sendAck(cx: Context, node: CallExpression, args: readonly Expression[]): Value {
  const [socket, number] = args
  const tp = cx.module.header.struct('tcp_sock')
  if (socket === undefined || number === undefined || tp === undefined || args.length !== 2)
    return fail(cx, node, 'arguments', { name: 'bpf_tcp_send_ack', want: 2, found: args.length })
  const [a, b] = [argumentFor(cx, socket, tp), argumentFor(cx, number, U32)]
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'helper', dst, id: 116, args: [a, b] })
  return { type: { kind: 'int', bits: 64, signed: true }, operand: reg(dst) }
}
