import { kfuncRules } from '@tscc/btf'
import type { CallExpression, Expression } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import type { Operand } from '../ir/ir.ts'
import { type DataType, isAddress, isSocket, sameType, sizeOfData, type Type, typeName, U32, VOID } from '../types.ts'
import { cut } from './kernel-calls.ts'
import { addressOf, CONSTANT_REGION } from './places.ts'
import { isAskedFor } from './questions.ts'
import { at, type Context, fail, scoped, type Value } from './scope.ts'
import { textOf } from './syntax-tree.ts'
import { typeOfAnnotation } from './type-annotations.ts'
import { addressFor, converted } from './values.ts'

/**
 * A call of a kernel function. With `fallback`, the program's own stands in its place where the kernel lacks it: linking
 * decides, and takes the other one out.
 */
export function callKfunc(
  cx: Context,
  node: CallExpression,
  name: string,
  args: readonly Expression[],
  fallback: ((cx: Context) => Value) | undefined,
): Value {
  const info = cx.module.header.kfunc(name)
  if (info === undefined) return fail(cx, node, 'unknown-name', { name })
  if (args.length !== info.parameters.length)
    return fail(cx, node, 'arguments', { name, want: info.parameters.length, found: args.length })
  if (kfuncRules(name).sleeps === true && cx.callback?.sleepable === false)
    return fail(cx, node.callee, 'may-sleep', { name, callback: cx.callback.name })
  const call = (): Value => {
    const operands = info.parameters.map((parameter, i) => kfuncArgument(cx, args[i] ?? node, parameter, name))
    const { memory } = info
    const seen =
      memory === undefined ? undefined : memoryType(cx, node, name, args[memory.sizeAt], operands[memory.sizeAt])
    at(cx, node)
    const returns =
      seen === undefined ? info.returns : memory?.nullable === true ? { kind: 'nullable' as const, of: seen } : seen
    const dst = returns === undefined ? undefined : cx.ir.fresh()
    cx.ir.emit({ op: 'call', dst, callee: { kind: 'kfunc', name, weak: fallback !== undefined }, args: operands })
    if (dst === undefined || returns === undefined) return { type: VOID, operand: imm(0) }
    const isWhole = isAddress(returns) || (returns.kind === 'int' && returns.bits === 64)
    const operand = isWhole ? reg(dst) : cut(cx, reg(dst))
    return { type: returns, operand, ...(seen === undefined ? {} : { memory: { region: 'kernel memory', offset: 0 } }) }
  }
  if (fallback === undefined) {
    if (info.kernels !== undefined && !isAskedFor(cx, `func:${name}`, info.kernels))
      return fail(cx, node.callee, 'not-everywhere', { what: name, kernels: info.kernels, ask: `hasKfunc(${name})` })
    return call()
  }
  const address = cx.ir.fresh()
  at(cx, node)
  cx.ir.emit({ op: 'question', dst: address, ask: { kind: 'kfunc', name } })
  const [there, absent, after] = [cx.ir.block(), cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'branch', if: 'ne', width: 64, a: reg(address), b: imm(0), yes: there, no: absent })
  cx.ir.enter(there)
  const first = call()
  const result = cx.ir.fresh()
  const finish = (value: Value): void => {
    if (value.type.kind !== 'void') cx.ir.emit({ op: 'move', width: 64, dst: result, a: value.operand })
    cx.ir.end({ op: 'jump', to: after })
  }
  finish(first)
  cx.ir.enter(absent)
  finish(fallback(scoped(cx)))
  cx.ir.enter(after)
  return first.type.kind === 'void' ? first : { type: first.type, operand: reg(result) }
}

/** What a program sees in memory that a kernel function gives: `get_region<Rings>(…)`, as large as it asks for. */
function memoryType(
  cx: Context,
  node: CallExpression,
  name: string,
  sizeNode: Expression | undefined,
  size: Operand | undefined,
): DataType {
  const [parameter] = node.typeArguments?.params ?? []
  if (parameter === undefined)
    return fail(cx, node.callee, 'needs-type', { what: name, instead: `${name}<Words>(…), with an interface Words` })
  const type = typeOfAnnotation(cx, parameter)
  if (type.kind !== 'record' && type.kind !== 'array')
    return fail(cx, parameter, 'wrong-type', { want: 'an interface or a FixedArray', found: typeName(type) })
  const span = sizeNode ?? node
  if (size === undefined || !('imm' in size))
    return fail(cx, span, 'wrong-type', { want: 'a constant', found: 'a size that is known only later' })
  const wanted = sizeOfData(type)
  if (size.imm < BigInt(wanted))
    return fail(cx, span, 'too-large', { name: typeName(type), size: wanted, limit: Number(size.imm) })
  return type
}

function kfuncArgument(
  cx: Context,
  arg: Expression,
  { name, type }: { readonly name: string; readonly type: Type },
  kfunc: string,
): Operand {
  const value = cx.lower.expression(cx, arg)
  // Where the kernel wants memory or nothing at all
  if (type.kind === 'void')
    return value.type.kind === 'null'
      ? imm(0)
      : fail(cx, arg, 'not-in-language', {
          what: `${name} of ${kfunc}, a pointer to what is no struct`,
          instead: 'null, where the kernel takes that',
        })
  if (type.kind === 'int') return converted(cx, arg, value, type)
  if (type.kind === 'pointer') return numberAddress(cx, arg, value, type.to)
  // A socket is what it begins with: what takes a sock takes a tcp_sock.
  if (isSocket(type) && isSocket(value.type)) return value.operand
  if (isAddress(type)) return addressOf(cx, addressFor(cx, arg, value, type))
  return converted(cx, arg, value, U32)
}

/** Where a kernel function reads and writes a number: the first of an array, or a map's value. */
function numberAddress(cx: Context, arg: Expression, value: Value, to: DataType): Operand {
  const { type } = value
  if (type.kind === 'null') return imm(0)
  if (type.kind === 'nullable') return fail(cx, arg, 'may-be-null', { what: textOf(cx, arg) })
  const isOne =
    (type.kind === 'array' && sameType(type.element, to)) || (type.kind === 'pointer' && sameType(type.to, to))
  const region = value.memory?.region
  if (isOne && region !== 'private' && region !== CONSTANT_REGION) return addressOf(cx, value)
  const place = `FixedArray<${typeName(to)}, 1>`
  const found = !isOne ? typeName(type) : region === 'private' ? 'private state' : 'a tunable'
  return fail(cx, arg, 'wrong-type', {
    want: place,
    found,
    instead: `a local one: const out: ${place} = [${to.kind === 'bool' ? 'false' : '0'}]`,
  })
}
