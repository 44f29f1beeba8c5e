import { type StructOpsRules, structOpsRules } from '@tscc/btf'
import type { CallExpression, Expression, ObjectProperty } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { irBuilder, reg } from '../ir/builder.ts'
import type { AccessSize, IrFunction } from '../ir/ir.ts'
import { type CallbackInfo, nearest } from '../kernel-header.ts'
import { type IntType, sameType, typeName } from '../types.ts'
import { constantOf } from './declarations.ts'
import type { ExportedCall } from './exported-calls.ts'
import { checkShape } from './function-shape.ts'
import { assignsTo, lowerFunctionBody } from './functions.ts'
import { newContext } from './lowering.ts'
import { checkReferences } from './references.ts'
import { type FunctionInfo, fail, type ModuleScope, type Variable } from './scope.ts'
import { SharedMap } from './shared-map.ts'
import { typeOfAnnotation } from './type-annotations.ts'
import { extended } from './values.ts'

/** A struct_ops value of a module: an algorithm. */
export interface LoweredOps {
  readonly type: string
  readonly name: string
  /** Under which name the module exports it; `default`. */
  readonly exported: string
  readonly data: Readonly<Record<string, bigint | string>>
  readonly callbacks: readonly LoweredCallback[]
}

/** A callback, and what it is made of: the same function in the same place is one program for several algorithms. */
export interface LoweredCallback {
  readonly member: string
  /** Its program may sleep. */
  readonly sleepable: boolean
  readonly ir: IrFunction
  readonly source: FunctionInfo['node']
  /** Where its name stands, with its file. */
  readonly at: Span
}

/** The algorithms that a module exports, in their order. */
export function opsOf(
  scope: ModuleScope,
  calls: readonly ExportedCall[],
  collect: <T>(make: () => T) => T | undefined,
): readonly LoweredOps[] {
  return calls.flatMap(({ exported, make, call }) =>
    make === 'structOps' ? (collect(() => lowerOps(scope, exported, call, collect)) ?? []) : [],
  )
}

function lowerOps(
  scope: ModuleScope,
  exported: string,
  call: CallExpression,
  collect: <T>(make: () => T) => T | undefined,
): LoweredOps {
  const context = { module: scope }
  const [parameter] = call.typeArguments?.params ?? []
  if (parameter !== undefined && (parameter.type !== 'TSTypeReference' || parameter.typeName.type !== 'Identifier'))
    return fail(context, parameter, 'not-in-language', { what: 'this type', instead: 'tcp_congestion_ops' })
  const type =
    parameter?.type === 'TSTypeReference' && parameter.typeName.type === 'Identifier'
      ? parameter.typeName.name
      : 'tcp_congestion_ops'
  const callbacks = scope.header.callbacks(type)
  if (callbacks === undefined)
    return fail(context, parameter ?? call, 'unknown-type', {
      name: type,
      nearest: nearest(type, scope.header.opsTypes()),
    })
  const rules = structOpsRules(type)
  const opsData = scope.header.opsData(type) ?? { names: [], texts: new Map<string, number>() }
  const info = scope.header.struct(type)
  const [value] = call.arguments
  if (value?.type !== 'ObjectExpression' || info?.kind !== 'struct')
    return fail(context, value ?? call.callee, 'not-in-language', {
      what: 'this argument',
      instead: '{ name: …, ssthresh(sk) { … } }',
    })
  let isNameWrong = false
  let name: { readonly text: string; readonly span: Span } | undefined
  const data: Record<string, bigint | string> = {}
  const lowered: LoweredCallback[] = []
  const seen = new Set<string>()
  for (const property of value.properties)
    collect(() => {
      if (
        property.type !== 'Property' ||
        property.key.type !== 'Identifier' ||
        property.computed ||
        property.kind !== 'init'
      )
        return fail(context, property, 'not-in-language', { what: 'this member', instead: 'init(sk) { … }' })
      const key = property.key.name
      if (seen.has(key)) return fail(context, property.key, 'duplicate', { name: key })
      seen.add(key)
      if (rules.refused.includes(key)) return fail(context, property.key, 'refused-callback', { name: key, type })
      const { sleepable, body } = bodyOf(scope, property, rules)
      if (key === opsData.name?.member) {
        isNameWrong = body.type !== 'Literal' || typeof body.value !== 'string'
        if (body.type !== 'Literal' || typeof body.value !== 'string')
          return fail(context, body, 'wrong-type', { want: 'a name in quotes', found: 'something else' })
        name = { text: body.value, span: body }
        return
      }
      const f = functionOf(scope, key, property, body)
      const limit = opsData.texts.get(key)
      if (limit !== undefined && body.type === 'Literal' && typeof body.value === 'string') {
        data[key] = textFor(scope, body, body.value, limit)
        return
      }
      if (f === undefined) {
        const callback = callbacks.get(key)
        if (callback !== undefined && body.type === 'Identifier' && scope.header.kfunc(body.name) !== undefined) {
          const given = callback.parameters.map((parameter) => parameter.name).join(', ')
          return fail(context, body, 'wrong-type', {
            want: 'a function of the program',
            found: "one of the kernel's",
            instead: `(${given}) => ${body.name}(${given})`,
          })
        }
        const constant = constantOf(scope, body) ?? enumeratorOf(scope, body)
        if (constant === undefined)
          return fail(context, body, 'wrong-type', { want: 'a constant or a function', found: 'something else' })
        const fields = opsData.names
        if (callbacks.has(key)) return fail(context, body, 'wrong-type', { want: 'a function', found: 'a number' })
        if (!fields.includes(key))
          return fail(context, property.key, 'unknown-callback', {
            type,
            name: key,
            nearest: nearest(key, [...callbacks.keys(), ...fields]),
          })
        data[key] = constant.value
        return
      }
      const at = { start: property.key.start, end: property.key.end, file: scope.file }
      const place = { scope, type, callbacks, property, sleepable }
      lowered.push({ member: key, sleepable, source: f.node, at, ir: lowerCallback(place, f) })
    })
  const limit = opsData.name?.limit ?? 0
  if (limit > 0 && !isNameWrong && (name === undefined || !isName(name.text, limit)))
    fail(context, name?.span ?? call.callee, 'bad-name', {
      name: name === undefined ? (opsData.name?.member ?? '') : name.text === '' ? "''" : name.text,
      why:
        name === undefined ? 'every algorithm has one' : `1 to ${limit} of A-Z a-z 0-9 _ . are what the kernel takes`,
    })
  checkMandatory(scope, type, seen, call)
  // A type whose values have no names: what the module calls it.
  const nameless = exported === 'default' ? type : exported
  return { type, name: limit === 0 ? nameless : (name?.text ?? ''), exported, data, callbacks: lowered }
}

const isName = (text: string, limit: number): boolean => /^[A-Za-z0-9_.]+$/.test(text) && text.length <= limit

function textFor(scope: ModuleScope, span: Span, text: string, limit: number): string {
  const { length } = new TextEncoder().encode(text)
  if (length <= limit) return text
  return fail({ module: scope }, span, 'too-large', { name: 'this text', size: length, limit })
}

/** What a member is, without `sleepable(…)` around it. */
function bodyOf(
  scope: ModuleScope,
  { key, value }: ObjectProperty,
  rules: StructOpsRules,
): { readonly sleepable: boolean; readonly body: Expression } {
  if (value.type !== 'CallExpression' || value.callee.type !== 'Identifier' || value.callee.name !== 'sleepable')
    return { sleepable: false, body: value }
  const [body] = value.arguments
  if (body === undefined || body.type === 'SpreadElement' || value.arguments.length > 1)
    return fail({ module: scope }, value, 'arguments', { name: 'sleepable', want: 1, found: value.arguments.length })
  const name = key.type === 'Identifier' ? key.name : ''
  if (rules.sleepable?.includes(name) === false)
    return fail({ module: scope }, value.callee, 'never-sleeps', { name, others: rules.sleepable })
  return { sleepable: true, body }
}

function enumeratorOf(scope: ModuleScope, node: Expression): { readonly value: bigint } | undefined {
  const found = node.type === 'Identifier' ? scope.header.enumerator(node.name) : undefined
  return found === undefined ? undefined : { value: BigInt(found.value) }
}

function functionOf(
  scope: ModuleScope,
  name: string,
  { key }: ObjectProperty,
  node: Expression,
): FunctionInfo | undefined {
  if (node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression')
    return { name, at: key, node, module: scope, noinline: false }
  return node.type === 'Identifier' ? scope.functions.get(node.name) : undefined
}

function checkMandatory(scope: ModuleScope, type: string, seen: ReadonlySet<string>, call: CallExpression): void {
  // That a name is missing is told of itself.
  const named = scope.header.opsData(type)?.name?.member
  const missing = structOpsRules(type)
    .required.filter((row) => !row.some((one) => seen.has(one) || one === named))
    .map((row) => row.join(' or '))
  if (missing.length > 0)
    fail({ module: scope }, call.callee, 'missing-callback', { type, missing: missing.join(', ') })
}

const SIZES: Readonly<Record<number, AccessSize>> = { 8: 'u8', 16: 'u16', 32: 'u32', 64: 'u64' }

/** Where a callback is written. */
interface CallbackPlace {
  readonly scope: ModuleScope
  readonly type: string
  readonly callbacks: ReadonlyMap<string, CallbackInfo>
  readonly property: ObjectProperty
  readonly sleepable: boolean
}

function lowerCallback({ scope, type, callbacks, property, sleepable }: CallbackPlace, f: FunctionInfo): IrFunction {
  const context = { module: f.module }
  const name = property.key.type === 'Identifier' ? property.key.name : ''
  const info = callbacks.get(name)
  if (info === undefined)
    return fail({ module: scope }, property.key, 'unknown-callback', {
      type,
      name,
      nearest: nearest(name, [...callbacks.keys()]),
    })
  const ir = irBuilder()
  const variables = SharedMap.of<Variable>(new Map())
  const cx = newContext(f.module, {
    ir,
    variables,
    calling: [f.node],
    callback: { name, sleepable },
    mistakes: scope.unit.mistakes,
    exits: { returns: { type: info.returns, leave: (value) => ir.end({ op: 'return', a: value }) } },
  })
  const givesPointer = info.returns?.kind === 'nullable' || info.returns?.kind === 'struct'
  checkShape(f)
  for (const [position, param] of f.node.params.entries()) {
    if (param.type !== 'Identifier') continue
    const at = parameterOf(f.module, info, param.name, position, param)
    const parameter = info.parameters[at]
    if (parameter === undefined) return fail(context, param, 'unknown-name', { name: param.name })
    const annotation = param.typeAnnotation?.typeAnnotation
    const said = annotation === undefined ? undefined : typeOfAnnotation(context, annotation)
    if (annotation !== undefined && said?.kind === 'struct' && !sameType(said, parameter.type))
      return fail(context, annotation, 'wrong-type', { want: typeName(parameter.type), found: typeName(said) })
    const dst = ir.fresh()
    ir.at(f.module.file, param)
    const int: IntType | undefined = parameter.type.kind === 'int' ? parameter.type : undefined
    ir.emit({
      op: 'argument',
      dst,
      name: parameter.name,
      ...(parameter.pointee === undefined ? {} : { pointee: parameter.pointee }),
      index: at,
      arity: info.parameters.length,
      ...(parameter.owned === true ? { owned: true } : {}),
      size: parameter.type.kind === 'bool' ? 'u8' : (SIZES[int?.bits ?? 64] ?? 'u64'),
    })
    const operand = int === undefined ? reg(dst) : reg(extended(cx, dst, int))
    // Of a pointer that is given on, the copy says where.
    const assignable = givesPointer || assignsTo(f, param.name)
    variables.set(param.name, { type: parameter.type, operand, assignable })
  }
  const known = cx.mistakes.length
  lowerFunctionBody(cx, f)
  // What is wrong in it may have been what it gives.
  if (!ir.ended && info.returns !== undefined && ir.reachable && cx.mistakes.length === known)
    return fail(context, f.at, 'missing-return', { name })
  if (!ir.ended) ir.end({ op: 'return', a: undefined })
  const returns32 = info.returns?.kind === 'bool' || (info.returns?.kind === 'int' && info.returns.bits <= 32)
  const lowered: IrFunction = { ...ir.finish(name), ...(returns32 ? { returns: 32 } : {}) }
  if (cx.mistakes.length === known) cx.mistakes.push(...checkReferences(lowered, cx.module, givesPointer))
  return lowered
}

/** Which of the kernel's arguments a parameter means: by its name, else by what is left in order. */
function parameterOf(scope: ModuleScope, info: CallbackInfo, name: string, position: number, span: Span): number {
  const byName = info.parameters.findIndex((parameter) => parameter.name === name)
  if (byName >= 0) return byName
  const pointee = { sk: 'sock', rs: 'rate_sample', sample: 'ack_sample' }[name]
  const byPointee = info.parameters.findIndex((parameter) => parameter.pointee === pointee)
  if (pointee !== undefined && byPointee >= 0) return byPointee
  if (position < info.parameters.length) return position
  return fail({ module: scope }, span, 'unknown-name', {
    name,
    nearest: nearest(
      name,
      info.parameters.map((parameter) => parameter.name),
    ),
  })
}
