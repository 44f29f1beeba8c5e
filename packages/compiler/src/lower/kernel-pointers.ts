import type { CallExpression, Expression } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import type { Operand } from '../ir/ir.ts'
import type { Type } from '../types.ts'
import { addressOf } from './places.ts'
import { at, type Context, fail, type Value } from './scope.ts'
import { addressFor } from './values.ts'

/** BPF_FUNC_kptr_xchg (5.19). */
const KPTR_XCHG = 194

/** `slot.skb.exchange(skb)`: put something of the kernel's into a value of a map, and take what was there. */
export function callExchange(
  cx: Context,
  node: CallExpression,
  object: Expression,
  args: readonly Expression[],
): Value | undefined {
  if (object.type !== 'MemberExpression') return undefined
  const place = cx.lower.expression(cx, object)
  const root = place.type.kind === 'record' ? place.type.layout.kptr : undefined
  if (root === undefined) return undefined
  const [given, ...more] = args
  if (given === undefined || more.length > 0)
    return fail(cx, node, 'arguments', { name: 'exchange', want: 1, found: args.length })
  if (!isInMap(place))
    return fail(cx, object, 'wrong-type', { want: 'a value of a map', found: 'memory of the program' })
  const struct = cx.module.header.struct(root)
  if (struct === undefined) return fail(cx, object, 'unknown-type', { name: root })
  const a = operandFor(cx, given, struct)
  const destination = addressOf(cx, place)
  at(cx, node)
  const dst = cx.ir.fresh()
  const callee = { kind: 'helper', name: 'bpf_kptr_xchg', id: KPTR_XCHG, quiet: false, struct: root } as const
  cx.ir.emit({ op: 'call', dst, callee, args: [destination, a] })
  return { type: { kind: 'nullable', of: struct }, operand: reg(dst) }
}

/** Of a parameter nobody knows where it is from; the verifier does. */
const isInMap = ({ memory }: Value): boolean => memory?.region === 'any' || /^map /.test(memory?.region ?? '')

function operandFor(cx: Context, given: Expression, struct: Type): Operand {
  const value = cx.lower.expression(cx, given)
  return value.type.kind === 'null' ? imm(0) : addressFor(cx, given, value, struct).operand
}
