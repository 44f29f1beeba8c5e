import type { Expression, MemberExpression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm, reg } from '../ir/builder.ts'
import type { AccessSize, Place as MemoryPlace, Operand } from '../ir/ir.ts'
import { isBitfield } from '../ir/memory.ts'
import { type FieldInfo, nearest } from '../kernel-header.ts'
import { type BOOL, type DataType, type IntType, type StructType, sizeOfData, type Type, typeName } from '../types.ts'
import { isAskedFor } from './questions.ts'
import { at, type Context, fail, giveUp, type Handle, type Memory, type Value, type Variable } from './scope.ts'
import { textOf } from './syntax-tree.ts'
import { copy, extended } from './values.ts'

/** Somewhere a single number can be read from and written to. */
export type Place =
  | { readonly kind: 'variable'; readonly name: string; readonly variable: Variable }
  | {
      readonly kind: 'memory'
      readonly base: Operand
      readonly place: MemoryPlace
      readonly type: IntType | typeof BOOL
      /** Why it cannot be written; undefined where it can. */
      readonly readonly?: string | undefined
    }

/** A place, or something larger: a struct, a record, an array. */
export type Found = { readonly place: Place } | { readonly value: Value }

const sizeOfType = (type: IntType | typeof BOOL): AccessSize => (type.kind === 'bool' ? 'u8' : `u${type.bits}`)

/** An expression without parentheses and `!`, which make nothing of it. */
const withoutMarks = (node: Expression): Expression =>
  node.type === 'ParenthesizedExpression' || node.type === 'TSNonNullExpression' ? withoutMarks(node.expression) : node

/** What `a.b` and `a[i]` mean. */
export function memberOf(cx: Context, node: MemberExpression): Found {
  const object = cx.lower.expression(cx, node.object)
  if (object.type.kind === 'nullable')
    return fail(cx, node.object, 'may-be-null', { what: textOf(cx, withoutMarks(node.object)) })
  if (node.computed) return elementOf(cx, node, object)
  if (node.property.type !== 'Identifier') return fail(cx, node, 'not-in-language', { what: 'a private name' })
  const { name } = node.property
  switch (object.type.kind) {
    case 'struct':
      return fieldOf(cx, node, object, object.type, name)
    case 'record': {
      const { layout } = object.type
      const field = layout.fields.get(name)
      if (field === undefined)
        return fail(cx, node.property, 'unknown-field', {
          type: layout.name,
          field: name,
          nearest: nearest(name, [...layout.fields.keys()]),
        })
      return inMemory(field.type, object.operand, memoryOf(object), field.offset)
    }
    case 'pointer':
      if (name === 'value') return inMemory(object.type.to, object.operand, memoryOf(object), 0)
      break
    case 'handle': {
      const handle = cx.module.handles.get(object.type.name)
      if (handle !== undefined && handle.kind !== 'map' && name === 'value') return dataOf(cx, handle)
      break
    }
    case 'array':
    case 'kernelArray':
      if (name === 'length') return { value: { type: { kind: 'literal' }, operand: imm(object.type.length) } }
      break
    default:
      return fail(cx, node.object, 'wrong-type', { want: 'a struct', found: typeName(object.type) })
  }
  return fail(cx, node.property, 'unknown-field', {
    type: typeName(object.type),
    field: name,
    nearest: nearest(name, namesOf(cx, object.type)),
  })
}

function namesOf(cx: Context, type: Type): readonly string[] {
  switch (type.kind) {
    case 'handle':
      return cx.module.handles.get(type.name)?.kind === 'map' ? ['lookup', 'update', 'delete', 'get'] : ['value']
    case 'pointer':
      return ['value']
    default:
      return ['length']
  }
}

const memoryOf = (value: Value): Memory => value.memory ?? { region: 'any', offset: 0 }

/** Something of the program's own at an offset from an address. */
export function inMemory(type: DataType, base: Operand, memory: Memory, offset: number): Found {
  const { region } = memory
  const start = memory.offset + offset
  if (type.kind === 'record' || type.kind === 'array')
    return { value: { type, operand: base, memory: { region, offset: start } } }
  return {
    place: {
      kind: 'memory',
      base,
      place: region === 'private' ? { kind: 'private', offset: start } : { kind: 'memory', region, offset: start },
      type,
      readonly: region === CONSTANT_REGION ? 'what tunables and constants hold stays as it was loaded' : undefined,
    },
  }
}

const regionOf = (section: string): string => `data ${section}`

/** Tunables and constants: the kernel lets programs read them, and nobody write. */
export const CONSTANT_REGION = regionOf('.rodata')

/** A variable of the module. */
export function dataOf(cx: Context, handle: Exclude<Handle, { kind: 'map' }>): Found {
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'address', dst, of: { kind: 'data', map: handle.section, offset: 0 } })
  const found = inMemory(handle.type, reg(dst), { region: regionOf(handle.section), offset: handle.offset }, 0)
  if (handle.kind !== 'tunable' || 'value' in found || found.place.kind !== 'memory') return found
  const { kind, base, place, type } = found.place
  const readonly = `${handle.name} is a tunable, set when the program is loaded`
  return { place: { kind, base, place, type, readonly } }
}

function fieldOf(cx: Context, node: MemberExpression, object: Value, type: StructType, name: string): Found {
  const field = cx.module.header.field(type, name)
  const span = node.property
  if (field === undefined)
    return fail(cx, span, 'unknown-field', {
      type: typeName(type),
      field: name,
      nearest: nearest(name, cx.module.header.fieldNames(type)),
    })
  checkAvailable(cx, span, node, type, field)
  if (field.type.kind === 'int' || field.type.kind === 'bool') {
    const path = unionPath(field.path, type)
    return {
      place: {
        kind: 'memory',
        base: object.operand,
        place:
          field.bitfield && field.type.kind === 'int'
            ? { kind: 'field', struct: type.root, field: path, bits: field.type.signed ? 'signed' : 'unsigned' }
            : { kind: 'field', struct: type.root, field: path },
        type: field.type,
        readonly: field.writable ? undefined : `the kernel lets no program write ${type.root}.${field.path}`,
      },
    }
  }
  if (!field.pointer) return { value: { type: field.type, operand: object.operand } }
  const dst = cx.ir.fresh()
  cx.ir.emit({
    op: 'load',
    dst,
    base: object.operand,
    place: { kind: 'field', struct: type.root, field: field.path },
    size: 'u64',
  })
  const { type: to } = field
  return { value: { type: field.nullable ? { kind: 'nullable', of: to } : to, operand: reg(dst) } }
}

/** Arguments and replies of a sock_ops program lie in the same words: they get one name, by which overlaps are seen. */
function unionPath(path: string, { root }: { readonly root: string }): string {
  if (root !== 'bpf_sock_ops') return path
  return path === 'reply' ? 'args[0]' : path.replace(/^replylong\[/, 'args[')
}

/** A field that some kernels lack has to be asked for. */
function checkAvailable(cx: Context, span: Span, whole: Span, type: StructType, field: FieldInfo): void {
  if (field.kernels === undefined || isAskedFor(cx, `field:${type.root}.${field.path}`, field.kernels)) return
  fail(cx, span, 'not-everywhere', {
    what: `${type.root}.${field.path}`,
    kernels: field.kernels,
    ask: `exists(${textOf(cx, whole)})`,
  })
}

/** `a[i]`. */
function elementOf(cx: Context, node: MemberExpression, object: Value): Found {
  const index = cx.lower.expression(cx, node.property as Expression) // computed: no private name
  const { type } = object
  if (type.kind !== 'array' && type.kind !== 'kernelArray')
    return fail(cx, node.object, 'wrong-type', { want: 'an array', found: typeName(type) })
  if (index.type.kind !== 'int' && index.type.kind !== 'literal')
    return fail(cx, node.property, 'wrong-type', { want: 'an integer', found: typeName(index.type) })
  if ('imm' in index.operand) {
    const number = index.operand.imm
    if (number < 0n || number >= BigInt(type.length))
      return fail(cx, node.property, 'out-of-bounds', { index: `${number}`, length: type.length })
    if (type.kind === 'array')
      return inMemory(type.element, object.operand, memoryOf(object), Number(number) * sizeOfData(type.element))
    const path = unionPath(`${type.path}[${number}]`, type)
    if (type.element.kind === 'struct') return { value: { type: { ...type.element, path }, operand: object.operand } }
    return {
      place: {
        kind: 'memory',
        base: object.operand,
        type: type.element,
        place: { kind: 'field', struct: type.root, field: path },
        readonly: `the kernel lets no program write ${type.root}.${type.path}`,
      },
    }
  }
  if (memoryOf(object).region === 'private')
    return fail(cx, node.property, 'not-in-language', {
      what: 'an element of private state by a variable index',
      instead: 'a map or a local array; numbers as indices, in a switch',
    })
  const max =
    index.max ?? (index.type.kind === 'int' && !index.type.signed ? (1n << BigInt(index.type.bits)) - 1n : undefined)
  if (max === undefined || max >= BigInt(type.length))
    return fail(cx, node.property, 'unbounded-index', {
      index: textOf(cx, node.property),
      length: type.length,
    })
  if (type.kind === 'kernelArray')
    return fail(cx, node.property, 'not-in-language', {
      what: 'an element of a kernel array by a variable index',
      instead: 'a number, or a switch over the few that there are',
    })
  return variableElement(cx, object, type.element, index.operand, max)
}

/** The verifier has to see the bound in the instructions: what is above it becomes element 0. */
function variableElement(cx: Context, object: Value, element: DataType, index: Operand, max: bigint): Found {
  const memory = memoryOf(object)
  const bounded = cx.ir.fresh()
  cx.ir.emit({ op: 'move', width: 64, dst: bounded, a: index })
  const [above, after] = [cx.ir.block(), cx.ir.block()]
  cx.ir.end({ op: 'branch', if: 'le', width: 64, a: index, b: imm(max), yes: after, no: above, guard: true })
  cx.ir.enter(above)
  cx.ir.emit({ op: 'move', width: 64, dst: bounded, a: imm(0) })
  cx.ir.end({ op: 'jump', to: after })
  cx.ir.enter(after)
  const bytes = cx.ir.fresh()
  cx.ir.emit({ op: 'binary', fn: 'mul', width: 64, dst: bytes, a: reg(bounded), b: imm(sizeOfData(element)) })
  const start = addressOf(cx, { ...object, memory: { ...memory, offset: 0 } })
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'binary', fn: 'add', width: 64, dst, a: start, b: reg(bytes) })
  return inMemory(element, reg(dst), memory, 0)
}

/** The address of a value in memory as a register: that of an object on the stack is only made when asked for. */
export function addressOf(cx: Context, value: Value): Operand {
  const memory = value.memory
  let base = value.operand
  if (memory?.region === 'private') {
    const area = cx.ir.fresh()
    cx.ir.emit({ op: 'fieldAddress', dst: area, base, struct: 'tcp_sock', field: 'icsk_ca_priv' })
    base = reg(area)
  } else if ('imm' in base && memory !== undefined) {
    const object = /^stack (\d+)$/.exec(memory.region)?.[1]
    if (object !== undefined) {
      const dst = cx.ir.fresh()
      cx.ir.emit({ op: 'address', dst, of: { kind: 'stack', object: Number(object) } })
      base = reg(dst)
    }
  } else if (value.type.kind === 'struct' && value.type.path !== '') {
    const dst = cx.ir.fresh()
    cx.ir.emit({ op: 'fieldAddress', dst, base, struct: value.type.root, field: value.type.path })
    return reg(dst)
  }
  const offset = memory?.offset ?? 0
  if (offset === 0) return base
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'binary', fn: 'add', width: 64, dst, a: base, b: imm(offset) })
  return reg(dst)
}

/** What a place holds. */
export function read(cx: Context, place: Place): Value {
  if (place.kind === 'variable') return place.variable
  const dst = cx.ir.fresh()
  const { type, base } = place
  const isBits = isBitfield(place.place)
  cx.ir.emit({ op: 'load', dst, base, place: place.place, size: sizeOfType(type) })
  // Of bitfields the sign is there already.
  if (type.kind === 'bool' || isBits) return { type, operand: reg(dst) }
  return { type, operand: reg(extended(cx, dst, type)) }
}

const WRITABLE_CONTEXT = 'reply and sk_txhash; bpf_setsockopt(ctx, …) changes what the connection does'
const WRITABLE =
  'congestion controls may write snd_cwnd, snd_cwnd_cnt, snd_cwnd_stamp, snd_ssthresh, app_limited, ecn_flags, sk_pacing_rate and sk_pacing_status'

/** Put a value there, of which memory cuts what does not fit. */
export function write(cx: Context, span: Span, place: Place, value: Operand): void {
  if (place.kind === 'variable') {
    if ('reg' in place.variable.operand) copy(cx, place.variable.operand.reg, place.variable.type, value)
    return
  }
  if (place.readonly !== undefined)
    fail(cx, span, 'not-writable', {
      why: place.readonly,
      instead:
        place.place.kind === 'field'
          ? place.place.struct === 'bpf_sock_ops'
            ? WRITABLE_CONTEXT
            : WRITABLE
          : 'global<u32>(…) for what programs change',
    })
  if (isBitfield(place.place)) fail(cx, span, 'not-writable', { why: 'bitfields of the kernel cannot be written' })
  cx.ir.emit({ op: 'store', base: place.base, place: place.place, size: sizeOfType(place.type), a: value })
}

/** The place that an expression names, to be assigned to. */
export function placeOf(cx: Context, node: Expression): Place | { readonly value: Value } {
  if (node.type === 'ParenthesizedExpression' || node.type === 'TSNonNullExpression')
    return placeOf(cx, node.expression)
  at(cx, node)
  if (node.type === 'Identifier') {
    const variable = cx.variables.get(node.name)
    if (variable !== undefined) {
      if (variable.type.kind === 'error') return giveUp()
      if (!variable.assignable)
        return fail(cx, node, 'not-assignable', {
          what: node.name,
          instead:
            variable.type.kind === 'record' || variable.type.kind === 'array'
              ? 'its fields one by one: a record stays where it is'
              : 'let in the place of const, or a variable of its own',
        })
      return { kind: 'variable', name: node.name, variable }
    }
    const handle = cx.module.handles.get(node.name)
    if (handle?.kind === 'variable' || handle?.kind === 'constant') return placeOrValue(dataOf(cx, handle))
    if (handle !== undefined)
      return fail(cx, node, 'not-assignable', {
        what: node.name,
        instead: handle.kind === 'map' ? `${node.name}.update(key, value)` : `${node.name}.value`,
      })
    cx.lower.expression(cx, node)
    return fail(cx, node, 'not-assignable', { what: node.name })
  }
  if (node.type !== 'MemberExpression') return fail(cx, node, 'not-assignable', { what: 'this' })
  return placeOrValue(memberOf(cx, node))
}

const placeOrValue = (found: Found): Place | { readonly value: Value } => ('place' in found ? found.place : found)

/** What it holds, as a type. */
export const typeOfPlace = (place: Place): Type => (place.kind === 'variable' ? place.variable.type : place.type)
