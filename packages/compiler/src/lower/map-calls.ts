import type { CallExpression, Expression, IdentifierName } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import type { Operand } from '../ir/ir.ts'
import { stackRegion } from '../ir/memory.ts'
import { nearest } from '../kernel-header.ts'
import { type DataType, isAddress, S64, sizeOfData, type Type, typeName, U64, VOID } from '../types.ts'
import { emitHelper, mapAddress, socketArgument } from './kernel-calls.ts'
import { checkRoom, pointerTo } from './objects.ts'
import { addressOf } from './places.ts'
import { type Context, fail, type Handle, type Memory, type Value } from './scope.ts'
import { converted } from './values.ts'

type MapHandle = Extract<Handle, { kind: 'map' }>

/** A call of a map's method. */
interface MapCall {
  readonly cx: Context
  readonly node: CallExpression
  readonly map: MapHandle
  readonly method: string
  readonly args: readonly Expression[]
}

type Method = (call: MapCall) => Value

/** What each kind of map can do. */
const METHODS: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  keyed: { lookup, update, delete: remove },
  array: { lookup, update },
  skStorage: { get: storageGet, delete: storageDelete },
  ringbuf: {
    output,
    reserve,
    submit: (call) => finish(call, 'bpf_ringbuf_submit'),
    discard: (call) => finish(call, 'bpf_ringbuf_discard'),
  },
  queue: { push, pop: (call) => take(call, 'bpf_map_pop_elem'), peek: (call) => take(call, 'bpf_map_peek_elem') },
}

const KINDS: Readonly<Record<string, string>> = {
  hash: 'keyed',
  percpuHash: 'keyed',
  lruHash: 'keyed',
  lruPercpuHash: 'keyed',
  lpmTrie: 'keyed',
  array: 'array',
  percpuArray: 'array',
  skStorage: 'skStorage',
  ringbuf: 'ringbuf',
  queue: 'queue',
  stack: 'queue',
}

/** `flows.lookup(key)` and the like. */
export function callMap(
  cx: Context,
  node: CallExpression,
  map: MapHandle,
  property: IdentifierName,
  args: readonly Expression[],
): Value {
  const methods = METHODS[KINDS[map.make] ?? ''] ?? {}
  const method = Object.hasOwn(methods, property.name) ? methods[property.name] : undefined
  if (method === undefined)
    return fail(cx, property, 'unknown-field', {
      type: `${map.make}(…)`,
      field: property.name,
      nearest: nearest(property.name, Object.keys(methods)),
    })
  return method({ cx, node, map, method: property.name, args })
}

function count({ cx, node, map, method, args }: MapCall, least: number, most = least): void {
  if (args.length < least || args.length > most)
    fail(cx, node, 'arguments', { name: `${map.name}.${method}`, want: least, found: args.length })
}

function typeOf({ cx, node, map }: MapCall, part: 'key' | 'value'): DataType {
  return map.declaration[part] ?? fail(cx, node, 'needs-type', { what: map.name })
}

/** What a lookup gives: a record by its address, a number behind one. */
function reference(call: MapCall, operand: Operand, region: string): Value {
  const type = typeOf(call, 'value')
  const of: Type = type.kind === 'record' || type.kind === 'array' ? type : { kind: 'pointer', to: type }
  const memory: Memory = { region, offset: 0 }
  return { type: { kind: 'nullable', of }, operand, memory }
}

function keyOf(call: MapCall, index: number): Operand {
  return pointerTo(call.cx, call.args[index] ?? call.node, typeOf(call, 'key'))
}

function lookup(call: MapCall): Value {
  count(call, 1)
  const key = keyOf(call, 0)
  const result = emitHelper(call.cx, 'bpf_map_lookup_elem', [mapAddress(call.cx, call.node, call.map), key])
  return reference(call, result, `map ${call.map.name}`)
}

function update(call: MapCall): Value {
  count(call, 2, 3)
  const { cx, args } = call
  const key = keyOf(call, 0)
  const value = pointerTo(cx, args[1] ?? call.node, typeOf(call, 'value'))
  const flags = optionalNumber(call, 2)
  return {
    type: S64,
    operand: emitHelper(cx, 'bpf_map_update_elem', [mapAddress(call.cx, call.node, call.map), key, value, flags]),
  }
}

function optionalNumber({ cx, args }: MapCall, index: number): Operand {
  const node = args[index]
  return node === undefined ? imm(0) : converted(cx, node, cx.lower.expression(cx, node), U64)
}

function remove(call: MapCall): Value {
  count(call, 1)
  const key = keyOf(call, 0)
  return {
    type: S64,
    operand: emitHelper(call.cx, 'bpf_map_delete_elem', [mapAddress(call.cx, call.node, call.map), key]),
  }
}

const socket = ({ cx, node, args }: MapCall): Operand => socketArgument(cx, args[0] ?? node)

/** BPF_SK_STORAGE_GET_F_CREATE */
const CREATE = 1

/** With a value, storage is made where there is none. */
function storageGet(call: MapCall): Value {
  count(call, 1, 2)
  const { cx, args } = call
  const sk = socket(call)
  const [, initial] = args
  const value = initial === undefined ? imm(0) : pointerTo(cx, initial, typeOf(call, 'value'))
  const flags = imm(initial === undefined ? 0 : CREATE)
  const result = emitHelper(cx, 'bpf_sk_storage_get', [mapAddress(call.cx, call.node, call.map), sk, value, flags])
  return reference(call, result, `map ${call.map.name}`)
}

function storageDelete(call: MapCall): Value {
  count(call, 1)
  const sk = socket(call)
  return {
    type: S64,
    operand: emitHelper(call.cx, 'bpf_sk_storage_delete', [mapAddress(call.cx, call.node, call.map), sk]),
  }
}

function output(call: MapCall): Value {
  count(call, 1, 2)
  const type = typeOf(call, 'value')
  const data = pointerTo(call.cx, call.args[0] ?? call.node, type)
  const flags = optionalNumber(call, 1)
  const args = [mapAddress(call.cx, call.node, call.map), data, imm(sizeOfData(type)), flags]
  return { type: S64, operand: emitHelper(call.cx, 'bpf_ringbuf_output', args) }
}

function reserve(call: MapCall): Value {
  count(call, 0)
  const size = sizeOfData(typeOf(call, 'value'))
  const result = emitHelper(call.cx, 'bpf_ringbuf_reserve', [
    mapAddress(call.cx, call.node, call.map),
    imm(size),
    imm(0),
  ])
  return reference(call, result, `record ${call.map.name}`)
}

function finish(call: MapCall, helper: string): Value {
  count(call, 1, 2)
  const { cx, node, args } = call
  const value = cx.lower.expression(cx, args[0] ?? node)
  // Of a parameter nobody knows where it is from; the verifier does.
  const { region } = value.memory ?? {}
  if (!isAddress(value.type) || (region !== `record ${call.map.name}` && region !== 'any'))
    return fail(cx, args[0] ?? node, 'wrong-type', {
      want: `what ${call.map.name}.reserve() gave`,
      found: typeName(value.type),
    })
  emitHelper(cx, helper, [addressOf(cx, value), optionalNumber(call, 1)])
  return { type: VOID, operand: imm(0) }
}

function push(call: MapCall): Value {
  count(call, 1, 2)
  const value = pointerTo(call.cx, call.args[0] ?? call.node, typeOf(call, 'value'))
  const flags = optionalNumber(call, 1)
  return {
    type: S64,
    operand: emitHelper(call.cx, 'bpf_map_push_elem', [mapAddress(call.cx, call.node, call.map), value, flags]),
  }
}

/** The element goes to the stack; null where there was none. */
function take(call: MapCall, helper: string): Value {
  count(call, 0)
  const { cx } = call
  const type = typeOf(call, 'value')
  checkRoom(cx, call.node, type)
  const object = cx.ir.stackObject(sizeOfData(type))
  const memory: Memory = { region: stackRegion(object), offset: 0 }
  const address = cx.ir.fresh()
  cx.ir.emit({ op: 'address', dst: address, of: { kind: 'stack', object } })
  for (let offset = 0; offset < sizeOfData(type); offset += 8)
    cx.ir.emit({
      op: 'store',
      base: imm(0),
      place: { kind: 'memory', region: memory.region, offset },
      size: 'u64',
      a: imm(0),
    })
  const status = emitHelper(cx, helper, [mapAddress(call.cx, call.node, call.map), reg(address)])
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'move', width: 64, dst, a: reg(address) })
  const [none, after] = [cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'branch', if: 'eq', width: 64, a: status, b: imm(0), yes: after, no: none })
  cx.ir.enter(none)
  cx.ir.emit({ op: 'move', width: 64, dst, a: imm(0) })
  cx.ir.end({ op: 'jump', to: after })
  cx.ir.enter(after)
  return { ...reference(call, reg(dst), memory.region) }
}
