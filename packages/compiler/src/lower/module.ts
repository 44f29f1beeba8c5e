import {
  type Expression,
  type Function as FunctionNode,
  type ObjectProperty,
  type Program,
  parseSync,
  type Statement,
  type TSInterfaceDeclaration,
} from 'oxc-parser'
import { type Diagnostic, diagnose, Mistake } from '../diagnostics.ts'
import { irBuilder, reg } from '../ir/builder.ts'
import type { IrFunction } from '../ir/ir.ts'
import { type CallbackInfo, type KernelHeader, nearest } from '../kernel-header.ts'
import { type SourceFile, sourceFile } from '../source-file.ts'
import { intTypes, type PrivateLayout } from '../types.ts'
import { callCondition, lowerCall } from './calls.ts'
import { lowerCondition, lowerExpression } from './expressions.ts'
import { type Context, type FunctionInfo, fail, type Lowering, type ModuleScope, type Variable } from './scope.ts'
import { lowerStatement } from './statements.ts'

/** What a module comes to before it has registers. */
export interface LoweredModule {
  readonly type: string
  readonly name: string
  readonly data: Readonly<Record<string, bigint>>
  readonly callbacks: readonly { readonly callback: string; readonly ir: IrFunction }[]
}

const LOWERING: Lowering = {
  expression: lowerExpression,
  condition: lowerCondition,
  statement: lowerStatement,
  call: lowerCall,
  callCondition,
}

/** Room in icsk_ca_priv, bytes. */
const PRIVATE_BYTES = 104

/** Parse and lower a module; mistakes are collected. */
export function lowerModule(
  file: SourceFile,
  header: KernelHeader,
  library: ModuleScope | undefined,
): { readonly module?: LoweredModule; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const scope = moduleScope(file, header, library, diagnostics)
  if (scope === undefined) return { diagnostics }
  const collect = <T>(make: () => T): T | undefined => {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof Mistake)) throw error
      diagnostics.push(error.diagnostic)
      return undefined
    }
  }
  const module = collect(() => structOpsOf(scope, collect))
  return diagnostics.length > 0 || module === undefined ? { diagnostics } : { module, diagnostics }
}

/** A module's declarations; undefined where it cannot be parsed. */
export function moduleScope(
  file: SourceFile,
  header: KernelHeader,
  library: ModuleScope | undefined,
  diagnostics: Diagnostic[],
): (ModuleScope & { readonly program: Program }) | undefined {
  const { program, errors } = parseSync(file.name, file.text, { lang: 'ts', sourceType: 'module' })
  for (const error of errors) {
    const [label] = error.labels
    diagnostics.push(diagnose(file, label ?? { start: 0, end: 0 }, 'syntax', { why: error.message }))
  }
  if (errors.length > 0) return undefined
  const functions = new Map<string, FunctionInfo>(library?.functions)
  const constants = new Map<string, bigint>()
  const layouts = new Map<string, PrivateLayout>()
  const scope = { file, header, functions, constants, layouts, program }
  for (const statement of program.body) {
    try {
      declare(scope, statement, functions, constants, layouts)
    } catch (error) {
      if (!(error instanceof Mistake)) throw error
      diagnostics.push(error.diagnostic)
    }
  }
  return scope
}

function declare(
  scope: ModuleScope,
  statement: Statement,
  functions: Map<string, FunctionInfo>,
  constants: Map<string, bigint>,
  layouts: Map<string, PrivateLayout>,
): void {
  const node = statement.type === 'ExportNamedDeclaration' ? (statement.declaration ?? statement) : statement
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportDefaultDeclaration':
      return
    case 'FunctionDeclaration':
      if (node.id == null || node.async || node.generator)
        fail({ module: scope }, node, 'not-in-language', { what: 'this function' })
      functions.set(node.id.name, { name: node.id.name, node, module: scope })
      return
    case 'TSInterfaceDeclaration':
      layouts.set(node.id.name, layoutOf(scope, node))
      return
    case 'VariableDeclaration':
      for (const { id, init } of node.declarations) {
        const raw =
          init?.type === 'Literal' && 'raw' in init && typeof init.raw === 'string' ? init.raw.replaceAll('_', '') : ''
        if (node.kind !== 'const' || id.type !== 'Identifier' || !/^(?:\d+|0x[0-9a-fA-F]+)n?$/.test(raw))
          fail({ module: scope }, node, 'not-in-language', {
            what: 'a variable of the module',
            instead: 'const NAME = 42, or keep it in the private state',
          })
        constants.set(id.name, BigInt(raw.replace(/n$/, '')))
      }
      return
    default:
      fail({ module: scope }, node, 'not-in-language', { what: `a ${node.type} at the top of a module` })
  }
}

/** Members one behind the other, aligned as C does. */
function layoutOf(scope: ModuleScope, node: TSInterfaceDeclaration): PrivateLayout {
  const fields = new Map<string, PrivateLayout['fields'] extends ReadonlyMap<string, infer F> ? F : never>()
  let size = 0
  for (const member of node.body.body) {
    const annotation = member.type === 'TSPropertySignature' ? member.typeAnnotation?.typeAnnotation : undefined
    const name = member.type === 'TSPropertySignature' && member.key.type === 'Identifier' ? member.key.name : ''
    const typeName =
      annotation?.type === 'TSTypeReference' && annotation.typeName.type === 'Identifier'
        ? annotation.typeName.name
        : ''
    const type = intTypes.get(typeName)
    if (name === '' || type === undefined)
      return fail({ module: scope }, member, 'unknown-type', {
        name: typeName || 'here',
        nearest: nearest(typeName, [...intTypes.keys()]),
      })
    const bytes = type.bits / 8
    const offset = Math.ceil(size / bytes) * bytes
    fields.set(name, { offset, type })
    size = offset + bytes
  }
  if (size > PRIVATE_BYTES)
    return fail({ module: scope }, node, 'private-size', { name: node.id.name, size, limit: PRIVATE_BYTES })
  return { name: node.id.name, size, fields }
}

function structOpsOf(
  scope: ModuleScope & { readonly program: Program },
  collect: <T>(make: () => T) => T | undefined,
): LoweredModule {
  const found = scope.program.body.find((statement) => statement.type === 'ExportDefaultDeclaration')
  const call = found?.type === 'ExportDefaultDeclaration' ? found.declaration : undefined
  if (call?.type !== 'CallExpression' || call.callee.type !== 'Identifier' || call.callee.name !== 'structOps')
    return fail({ module: scope }, found ?? { start: 0, end: 1 }, 'no-struct-ops', {})
  const [parameter] = call.typeArguments?.params ?? []
  const type =
    parameter?.type === 'TSTypeReference' && parameter.typeName.type === 'Identifier'
      ? parameter.typeName.name
      : 'tcp_congestion_ops'
  const callbacks = scope.header.callbacks(type)
  if (callbacks === undefined) return fail({ module: scope }, parameter ?? call, 'unknown-type', { name: type })
  const [value] = call.arguments
  if (value?.type !== 'ObjectExpression')
    return fail({ module: scope }, call, 'not-in-language', {
      what: 'this argument',
      instead: '{ name: …, ssthresh(sk) { … } }',
    })
  let name = ''
  const data: Record<string, bigint> = {}
  const lowered: { callback: string; ir: IrFunction }[] = []
  for (const property of value.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier')
      return fail({ module: scope }, property, 'not-in-language', { what: 'this member' })
    const key = property.key.name
    const body = property.value
    if (key === 'name' && body.type === 'Literal' && typeof body.value === 'string') name = body.value
    else if (body.type === 'FunctionExpression' || (body.type === 'Identifier' && !isNumber(scope, body.name)))
      collect(() => lowered.push({ callback: key, ir: callbackOf(scope, type, callbacks, property, body) }))
    else data[key] = numberOf(scope, body)
  }
  return { type, name, data, callbacks: lowered }
}

const isNumber = (scope: ModuleScope, name: string): boolean =>
  scope.constants.has(name) || scope.header.enumerator(name) !== undefined

function numberOf(scope: ModuleScope, node: Expression): bigint {
  if (node.type === 'Literal' && typeof node.value === 'number' && Number.isInteger(node.value))
    return BigInt(node.value)
  if (node.type === 'Identifier') {
    const constant = scope.constants.get(node.name) ?? scope.header.enumerator(node.name)?.value
    if (constant !== undefined) return BigInt(constant)
  }
  return fail({ module: scope }, node, 'wrong-type', { want: 'a number', found: 'something else' })
}

function callbackOf(
  scope: ModuleScope,
  type: string,
  callbacks: ReadonlyMap<string, CallbackInfo>,
  property: ObjectProperty,
  body: FunctionNode | Extract<Expression, { type: 'Identifier' }>,
): IrFunction {
  const name = property.key.type === 'Identifier' ? property.key.name : ''
  const info = callbacks.get(name)
  if (info === undefined)
    return fail({ module: scope }, property.key, 'unknown-callback', {
      type,
      name,
      nearest: nearest(name, [...callbacks.keys()]),
    })
  const node = body.type === 'Identifier' ? scope.functions.get(body.name)?.node : body
  if (node === undefined)
    return fail({ module: scope }, body, 'unknown-name', { name: body.type === 'Identifier' ? body.name : name })
  const ir = irBuilder()
  const variables = new Map<string, Variable>()
  for (const param of node.params) {
    if (param.type !== 'Identifier')
      return fail({ module: scope }, param, 'not-in-language', { what: 'this parameter' })
    const at = parameterOf(scope, info, param.name, node.params.indexOf(param), param)
    const parameter = info.parameters[at]
    if (parameter === undefined) return fail({ module: scope }, param, 'unknown-name', { name: param.name })
    const raw = ir.fresh()
    const pointee = parameter.pointee === undefined ? {} : { pointee: parameter.pointee }
    ir.at(param)
    ir.emit({ op: 'argument', dst: raw, name: parameter.name, ...pointee, index: at, arity: info.parameters.length })
    variables.set(param.name, { type: parameter.type, operand: reg(raw), assignable: true })
  }
  cutArguments(ir, variables)
  const returns = info.returns
  const context: Context = {
    module: scope,
    ir,
    lower: LOWERING,
    variables,
    calling: [],
    exits: { returns: { type: returns, leave: (value) => ir.end({ op: 'return', a: value }) } },
  }
  for (const statement of node.body?.body ?? []) lowerStatement(context, statement)
  if (!ir.ended && returns !== undefined) return fail({ module: scope }, node, 'missing-return', { name })
  return ir.finish(name)
}

/** Integer arguments come in 64 bits, of which only their own count. */
function cutArguments(ir: ReturnType<typeof irBuilder>, variables: Map<string, Variable>): void {
  for (const [name, variable] of variables) {
    if (variable.type.kind !== 'int' || variable.type.bits === 64) continue
    const dst = ir.fresh()
    const { bits, signed } = variable.type
    if (bits === 32 || signed) ir.emit({ op: 'move', width: 32, dst, a: variable.operand })
    else
      ir.emit({ op: 'binary', fn: 'and', width: 32, dst, a: variable.operand, b: { imm: (1n << BigInt(bits)) - 1n } })
    variables.set(name, { ...variable, operand: reg(dst) })
  }
}

/** Which of the kernel's arguments a parameter means: by its name, else by what is left in order. */
function parameterOf(
  scope: ModuleScope,
  info: CallbackInfo,
  name: string,
  position: number,
  span: { start: number; end: number },
): number {
  const byName = info.parameters.findIndex((parameter) => parameter.name === name)
  if (byName >= 0) return byName
  if (name === 'sk' || name === 'rs' || name === 'sample') {
    const pointee = { sk: 'sock', rs: 'rate_sample', sample: 'ack_sample' }[name]
    const byPointee = info.parameters.findIndex((parameter) => parameter.pointee === pointee)
    if (byPointee >= 0) return byPointee
  }
  if (position < info.parameters.length) return position
  return fail({ module: scope }, span, 'unknown-name', {
    name,
    nearest: nearest(
      name,
      info.parameters.map((parameter) => parameter.name),
    ),
  })
}

/** The functions of a library module. */
export function libraryScope(name: string, text: string, header: KernelHeader): ModuleScope {
  const diagnostics: Diagnostic[] = []
  const scope = moduleScope(sourceFile(name, text), header, undefined, diagnostics)
  const [first] = diagnostics
  if (scope === undefined || first !== undefined) throw new Error(`${name}: ${first?.message}`)
  return scope
}
