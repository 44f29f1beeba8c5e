import type { CallExpression, Expression, IdentifierName } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import type { AccessSize, Operand } from '../ir/ir.ts'
import { stackRegion } from '../ir/memory.ts'
import { nearest } from '../kernel-header.ts'
import { S64, sizeOfData, typeName, U64 } from '../types.ts'
import { headOf, lengthOf } from './declare-header-option.ts'
import { contextArgument, emitHelper } from './kernel-calls.ts'
import { fillObject } from './objects.ts'
import { type Context, fail, type HeaderOption, type Memory, type Value } from './scope.ts'
import { converted } from './values.ts'

/*
 * An option on the stack: what is before the payload ends where the payload is aligned, and the helpers are given where it begins.
 *
 *   0          8 - head            8
 *   | zeros …  | kind | len | magic | payload … |
 */

const PAYLOAD_AT = 8

interface OptionCall {
  readonly cx: Context
  readonly node: CallExpression
  readonly option: HeaderOption
  readonly args: readonly Expression[]
}

const METHODS: Readonly<
  Record<string, { readonly least: number; readonly most: number; lower(call: OptionCall): Value }>
> = {
  load: { least: 1, most: 2, lower: load },
  reserve: { least: 1, most: 1, lower: reserve },
  store: { least: 2, most: 2, lower: store },
}

/** `delay.load(ctx)` and the like. */
export function callHeaderOption(
  cx: Context,
  node: CallExpression,
  option: HeaderOption,
  property: IdentifierName,
  args: readonly Expression[],
): Value {
  const method = Object.hasOwn(METHODS, property.name) ? METHODS[property.name] : undefined
  if (method === undefined)
    return fail(cx, property, 'unknown-field', {
      type: 'headerOption(…)',
      field: property.name,
      nearest: nearest(property.name, Object.keys(METHODS)),
    })
  if (args.length < method.least || args.length > method.most)
    return fail(cx, node, 'arguments', { name: property.name, want: method.least, found: args.length })
  return method.lower({ cx, node, option, args })
}

const contextOf = ({ cx, node, args }: OptionCall): Operand => contextArgument(cx, args[0] ?? node)

function reserve(call: OptionCall): Value {
  const length = imm(lengthOf(call.option))
  return { type: S64, operand: emitHelper(call.cx, 'bpf_reserve_hdr_opt', [contextOf(call), length, imm(0)]) }
}

/** The option on the stack, zeros as payload: the region, its address, and where the helpers begin. */
function onStack({ cx, option }: OptionCall, lengthByte: number) {
  const size = PAYLOAD_AT + Math.ceil(sizeOfData(option.payload) / 8) * 8
  const object = cx.ir.stackObject(size)
  const region = stackRegion(object)
  const put = (offset: number, bytes: AccessSize, value: number): void =>
    cx.ir.emit({ op: 'store', base: imm(0), place: { kind: 'memory', region, offset }, size: bytes, a: imm(value) })
  for (let at = 0; at < size; at += 8) put(at, 'u64', 0)
  const start = PAYLOAD_AT - headOf(option)
  for (const [i, byte] of [option.kind, lengthByte, ...option.magic].entries()) put(start + i, 'u8', byte)
  const address = cx.ir.fresh()
  cx.ir.emit({ op: 'address', dst: address, of: { kind: 'stack', object } })
  const begin = cx.ir.fresh()
  cx.ir.emit({ op: 'binary', fn: 'add', width: 64, dst: begin, a: reg(address), b: imm(start) })
  return { memory: { region, offset: PAYLOAD_AT } satisfies Memory, address: reg(address), begin: reg(begin) }
}

/** Null where there is none, or one of another length. */
function load(call: OptionCall): Value {
  const { cx, option, args } = call
  const context = contextOf(call)
  const [, given] = args
  const flags = given === undefined ? imm(0) : converted(cx, given, cx.lower.expression(cx, given), U64)
  // The kernel searches by kind, and by magic where there is one: the length is that of both then.
  const { memory, address, begin } = onStack(call, option.magic.length === 0 ? 0 : headOf(option))
  const length = imm(lengthOf(option))
  const found = emitHelper(cx, 'bpf_load_hdr_opt', [context, begin, length, flags])
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'move', width: 64, dst, a: address })
  const [none, after] = [cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'branch', if: 'eq', width: 64, a: found, b: length, yes: after, no: none })
  cx.ir.enter(none)
  cx.ir.emit({ op: 'move', width: 64, dst, a: imm(0) })
  cx.ir.end({ op: 'jump', to: after })
  cx.ir.enter(after)
  return { type: { kind: 'nullable', of: option.payload }, operand: reg(dst), memory }
}

function store(call: OptionCall): Value {
  const { cx, node, option, args } = call
  const context = contextOf(call)
  const value = args[1] ?? node
  const given = value.type === 'ObjectExpression' ? undefined : cx.lower.expression(cx, value)
  if (given !== undefined && (given.type.kind !== 'record' || given.type.layout !== option.payload.layout))
    return fail(cx, value, 'wrong-type', { want: typeName(option.payload), found: typeName(given.type) })
  const { memory, begin } = onStack(call, lengthOf(option))
  if (given === undefined)
    fillObject(cx, option.payload, memory, value as Expression) // of the arguments
  else copyInto(cx, given, memory, sizeOfData(option.payload))
  return { type: S64, operand: emitHelper(cx, 'bpf_store_hdr_opt', [context, begin, imm(lengthOf(option)), imm(0)]) }
}

/** Piece by piece, each no wider than both sides are aligned. */
function copyInto(cx: Context, from: Value, to: Memory, size: number): void {
  const source = from.memory ?? { region: 'any', offset: 0 }
  for (let at = 0; at < size; ) {
    const piece =
      [8, 4, 2, 1].find((one) => one <= size - at && (source.offset + at) % one === 0 && at % one === 0) ?? 1
    const bytes = ({ 1: 'u8', 2: 'u16', 4: 'u32', 8: 'u64' } as const)[piece as 1 | 2 | 4 | 8] // the list above has no others
    const dst = cx.ir.fresh()
    const place =
      source.region === 'private'
        ? ({ kind: 'private', offset: source.offset + at } as const)
        : ({ kind: 'memory', region: source.region, offset: source.offset + at } as const)
    cx.ir.emit({ op: 'load', dst, base: from.operand, place, size: bytes })
    const target = { kind: 'memory', region: to.region, offset: to.offset + at } as const
    cx.ir.emit({ op: 'store', base: imm(0), place: target, size: bytes, a: reg(dst) })
    at += piece
  }
}
