import type { Expression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm } from '../ir/builder.ts'
import type { Operand } from '../ir/ir.ts'
import { stackRegion } from '../ir/memory.ts'
import { nearest } from '../kernel-header.ts'
import { type ArrayType, type DataType, type RecordType, sizeOfData, typeName } from '../types.ts'
import { addressOf } from './places.ts'
import { type Context, fail, type Memory, type Value } from './scope.ts'
import { converted, truth } from './values.ts'

/** A record or array on the stack, with what a literal says; the rest is zero. */
export function makeObject(cx: Context, type: RecordType | ArrayType, init: Expression | undefined, span: Span): Value {
  checkRoom(cx, span, type)
  const object = cx.ir.stackObject(sizeOfData(type))
  const memory: Memory = { region: stackRegion(object), offset: 0 }
  // All of it, padding too: what a helper is given must have been written.
  for (const { offset, bytes } of piecesOf(type)) storeAt(cx, memory, offset, bytes, imm(0))
  if (init !== undefined) fillObject(cx, type, memory, init)
  return { type, operand: imm(0), memory }
}

/** Bytes of stack that a program has. */
const STACK = 512

/** Objects that cannot be on the stack are refused before they are written out. */
export function checkRoom(cx: Context, span: Span, type: DataType): void {
  const size = sizeOfData(type)
  if (size > STACK) fail(cx, span, 'stack', { name: typeName(type), size })
}

/** Bytes that one value has at most to be cleared number by number, so that each can be followed by itself. */
const FEW = 16

/** Numbers and gaps that a value consists of; of arrays and large ones, words. */
function piecesOf(type: RecordType | ArrayType): readonly { readonly offset: number; readonly bytes: number }[] {
  const size = sizeOfData(type)
  const numbers = numbersOf(type, 0)
  if (numbers === undefined || numbers.length > FEW)
    return Array.from({ length: Math.ceil(size / 8) }, (_, i) => ({ offset: 8 * i, bytes: 8 }))
  const pieces: { offset: number; bytes: number }[] = []
  let end = 0
  const gap = (to: number): void => {
    while (end < to) {
      const bytes = [8, 4, 2, 1].find((one) => one <= to - end && end % one === 0) ?? 1
      pieces.push({ offset: end, bytes })
      end += bytes
    }
  }
  for (const number of numbers) {
    gap(number.offset)
    pieces.push(number)
    end = number.offset + number.bytes
  }
  gap(size)
  return pieces
}

/** The numbers of a record; undefined where it holds arrays. */
function numbersOf(
  type: DataType,
  offset: number,
): readonly { readonly offset: number; readonly bytes: number }[] | undefined {
  if (type.kind === 'array') return undefined
  if (type.kind !== 'record') return [{ offset, bytes: sizeOfData(type) }]
  const inner = [...type.layout.fields.values()].map((field) => numbersOf(field.type, offset + field.offset))
  return inner.every((one) => one !== undefined) ? inner.flat() : undefined
}

function storeAt(cx: Context, memory: Memory, offset: number, bytes: number, a: Operand): void {
  const size = ({ 1: 'u8', 2: 'u16', 4: 'u32', 8: 'u64' } as const)[bytes as 1 | 2 | 4 | 8] // sizes of numbers
  cx.ir.emit({
    op: 'store',
    base: imm(0),
    place: { kind: 'memory', region: memory.region, offset: memory.offset + offset },
    size,
    a,
  })
}

/** Write what a literal says over zeros. */
export function fillObject(cx: Context, type: DataType, memory: Memory, init: Expression): void {
  if (type.kind === 'record') {
    if (init.type !== 'ObjectExpression') fail(cx, init, 'wrong-type', { want: typeName(type), found: 'this' })
    for (const property of init.properties) {
      if (property.type !== 'Property' || property.key.type !== 'Identifier' || property.computed || property.method)
        fail(cx, property, 'not-in-language', { what: 'this member', instead: 'name: value' })
      const { name } = property.key
      const field = type.layout.fields.get(name)
      if (field === undefined)
        fail(cx, property.key, 'unknown-field', {
          type: type.layout.name,
          field: name,
          nearest: nearest(name, [...type.layout.fields.keys()]),
        })
      fillObject(cx, field.type, { ...memory, offset: memory.offset + field.offset }, property.value)
    }
    return
  }
  if (type.kind === 'array') {
    if (init.type !== 'ArrayExpression') fail(cx, init, 'wrong-type', { want: typeName(type), found: 'this' })
    if (init.elements.length > type.length)
      fail(cx, init.elements[type.length] ?? init, 'out-of-bounds', { index: `${type.length}`, length: type.length })
    for (const [i, element] of init.elements.entries()) {
      if (element === null || element.type === 'SpreadElement')
        fail(cx, element ?? init, 'not-in-language', { what: 'this element' })
      fillObject(cx, type.element, { ...memory, offset: memory.offset + i * sizeOfData(type.element) }, element)
    }
    return
  }
  const value = cx.lower.expression(cx, init)
  const operand = type.kind === 'int' ? converted(cx, init, value, type) : truth(cx, init, value)
  storeAt(cx, memory, 0, sizeOfData(type), operand)
}

/** The address of a value as a helper wants it: a number is put on the stack first, and so is what lies in private state. */
export function pointerTo(cx: Context, node: Expression, type: DataType): Operand {
  if (type.kind === 'record' || type.kind === 'array') {
    if (node.type === 'ObjectExpression' || node.type === 'ArrayExpression')
      return addressOf(cx, makeObject(cx, type, node, node))
    const value = cx.lower.expression(cx, node)
    if (value.type.kind !== type.kind || typeName(value.type) !== typeName(type))
      return fail(cx, node, 'wrong-type', { want: typeName(type), found: typeName(value.type) })
    return addressOf(cx, value.memory?.region === 'private' ? copied(cx, value, type) : value)
  }
  const value = cx.lower.expression(cx, node)
  const operand = type.kind === 'int' ? converted(cx, node, value, type) : truth(cx, node, value)
  return addressOf(cx, spilledValue(cx, operand, type))
}

/** A number on the stack. */
export function spilledValue(cx: Context, operand: Operand, type: DataType): Value {
  const object = cx.ir.stackObject(8)
  const memory: Memory = { region: stackRegion(object), offset: 0 }
  if (sizeOfData(type) < 8) storeAt(cx, memory, 0, 8, imm(0))
  storeAt(cx, memory, 0, sizeOfData(type), operand)
  return { type: { kind: 'pointer', to: type }, operand: imm(0), memory }
}

/** A copy on the stack, word by word. */
function copied(cx: Context, value: Value, type: DataType): Value {
  const object = cx.ir.stackObject(sizeOfData(type))
  const memory: Memory = { region: stackRegion(object), offset: 0 }
  const from = value.memory ?? memory
  for (let offset = 0; offset < sizeOfData(type); ) {
    const left = sizeOfData(type) - offset
    const bytes = [8, 4, 2, 1].find((one) => one <= left && (from.offset + offset) % one === 0) ?? 1
    const size = ({ 1: 'u8', 2: 'u16', 4: 'u32', 8: 'u64' } as const)[bytes as 1 | 2 | 4 | 8] // the list above has no others
    const dst = cx.ir.fresh()
    cx.ir.emit({ op: 'load', dst, base: value.operand, place: { kind: 'private', offset: from.offset + offset }, size })
    storeAt(cx, memory, offset, bytes, { reg: dst })
    offset += bytes
  }
  return { type: value.type, operand: imm(0), memory }
}
