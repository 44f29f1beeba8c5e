import type { CallExpression, Expression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm, irBuilder, reg } from '../ir/builder.ts'
import type { Operand } from '../ir/ir.ts'
import { BOOL, type IntType, isAddress, type Type, typeName, VOID } from '../types.ts'
import { assignedIn } from './function-body.ts'
import { checkShape } from './function-shape.ts'
import { isLimited } from './limits.ts'
import { addressOf, read } from './places.ts'
import {
  at,
  type Context,
  changed,
  each,
  type FunctionInfo,
  fail,
  giveUp,
  type Memory,
  type Value,
  type Variable,
} from './scope.ts'
import { SharedMap } from './shared-map.ts'
import { typeOfAnnotation } from './type-annotations.ts'
import { addressFor, converted, copy, truth, withLimit } from './values.ts'

/** A call of a function of a module: its body in the place of the call, or a call of the one that is compiled. */
export function callFunction(cx: Context, node: CallExpression, f: FunctionInfo, args: readonly Expression[]): Value {
  return f.noinline ? callCompiled(cx, node, f, args) : inlineCall(cx, node, f, args)
}

/** The body of a function in the place of its call. */
function inlineCall(cx: Context, node: CallExpression, f: FunctionInfo, args: readonly Expression[]): Value {
  const { variables, type } = enter(cx, node, f, args)
  const bounded = limitsOf(cx, f, args)
  const after = cx.ir.block()
  const result = cx.ir.fresh()
  const leave = (value: Operand | undefined): void => {
    if (value !== undefined) copy(cx, result, type, value)
    cx.ir.end({ op: 'jump', to: after })
  }
  lowerBody(cx, f, { variables, bounded, exits: { returns: { type, leave } } }, type)
  cx.ir.enter(after)
  return { type, operand: type.kind === 'void' ? imm(0) : reg(result) }
}

/** A call whose result only decides where to go on; false where the function gives no truth value. */
export function inlineCondition(
  cx: Context,
  node: CallExpression,
  f: FunctionInfo,
  args: readonly Expression[],
  branch: { readonly yes: number; readonly no: number },
): boolean {
  if (f.noinline || returnTypeOf(f).kind !== 'bool') return false
  const { variables, type } = enter(cx, node, f, args)
  const leave = (): never => fail({ module: f.module }, f.at, 'missing-return', { name: f.name })
  lowerBody(cx, f, { variables, bounded: limitsOf(cx, f, args), exits: { returns: { type, leave, branch } } }, type)
  return true
}

/** Parameters whose arguments have a limit. */
function limitsOf(cx: Context, f: FunctionInfo, args: readonly Expression[]): Set<string> {
  const found = new Set<string>()
  if (!cx.module.unit.hasLoops) return found
  for (const [i, { name }] of parametersOf(f).entries()) {
    const argument = args[i]
    if (argument !== undefined && isLimited(cx, argument)) found.add(name)
  }
  return found
}

/** Name and type of a parameter. */
interface Parameter {
  readonly name: string
  readonly type: Type
}

/** What a function takes and gives, and names that it assigns to; each is undefined until it is asked for. */
interface Signature {
  parameters?: readonly Parameter[]
  returns?: Type
  assigned?: ReadonlySet<string>
}

/** Asked for at each call. */
const signatures = new WeakMap<FunctionInfo['node'], Signature>()

function signatureOf(node: FunctionInfo['node']): Signature {
  const known = signatures.get(node)
  if (known !== undefined) return known
  const made: Signature = {}
  signatures.set(node, made)
  return made
}

/** What a function gives. */
export function returnTypeOf(f: FunctionInfo): Type {
  const signature = signatureOf(f.node)
  const { returnType } = f.node
  signature.returns ??= returnType == null ? VOID : typeOfAnnotation({ module: f.module }, returnType.typeAnnotation)
  return signature.returns
}

/** Does a function assign to a name? What it leaves as it is needs no register of its own, and no copy where it is read. */
export function assignsTo({ node }: FunctionInfo, name: string): boolean {
  const signature = signatureOf(node)
  signature.assigned ??= assignedIn(node.body)
  return signature.assigned.has(name)
}

/** A function's body with variables and ways out of its own. */
function lowerBody(
  cx: Context,
  f: FunctionInfo,
  own: Pick<Context, 'variables' | 'bounded' | 'exits'>,
  type: Type,
): void {
  const { variables, bounded, exits } = own
  const known = cx.mistakes.length
  const calling = [...cx.calling, f.node]
  lowerFunctionBody(changed(cx, { module: f.module, variables, exits, calling, bounded }), f)
  if (cx.ir.ended) return
  if (type.kind !== 'void') {
    if (!cx.ir.reachable) return
    // What is wrong in it may have been what it gives.
    if (cx.mistakes.length > known) giveUp()
    fail({ module: f.module }, f.at, 'missing-return', { name: f.name })
  }
  exits.returns.leave(undefined)
}

/** The statements of a function, or the value of an arrow function without braces. */
export function lowerFunctionBody(cx: Context, f: FunctionInfo): void {
  const { body, params } = f.node
  cx.module.unit.lowered.add(f.node)
  if (body?.type === 'BlockStatement') cx.lower.statements(cx, body.body, namesOf(params))
  else if (body !== null) giveBack(cx, body as Expression, body as Expression) // what is no block is a value
}

function namesOf(params: FunctionInfo['node']['params']): readonly string[] {
  const names: string[] = []
  for (const param of params) if (param.type === 'Identifier') names.push(param.name)
  return names
}

/** `return value`. */
export function giveBack(cx: Context, value: Expression | undefined, node: Span): void {
  const { type, leave, branch } = cx.exits.returns
  if (branch !== undefined && value !== undefined) {
    cx.lower.condition(cx, value, branch.yes, branch.no)
    return
  }
  if (type === undefined || type.kind === 'void') {
    const given = value === undefined ? undefined : cx.lower.expression(cx, value)
    // `=> call()` is a way to write a statement; `return x` is meant.
    if (type !== undefined && value !== undefined && node !== value && given?.type.kind !== 'void')
      fail(cx, value, 'needs-type', { what: 'what this function gives', instead: '(…): u32 behind its parameters' })
    leave(undefined)
    return
  }
  if (value === undefined) fail(cx, node, 'wrong-type', { want: `a ${typeName(type)}`, found: 'nothing' })
  leave(argumentFor(cx, value, type).operand)
}

/** An argument for a parameter, or a value to be returned. */
export function argumentFor(cx: Context, node: Expression, type: Type): Value {
  const value = cx.lower.expression(cx, node)
  if (type.kind === 'int') return withLimit(type, converted(cx, node, value, type), value.max)
  if (type.kind === 'bool') return { type, operand: truth(cx, node, value) }
  if (isAddress(type)) return addressFor(cx, node, value, type)
  return fail(cx, node, 'wrong-type', { want: typeName(type), found: typeName(value.type) })
}

/** Parameters with their arguments. */
function enter(
  cx: Context,
  node: CallExpression,
  f: FunctionInfo,
  args: readonly Expression[],
): { readonly variables: Map<string, Variable>; readonly type: Type } {
  if (cx.calling.includes(f.node)) return fail(cx, node, 'recursion', { name: f.name })
  const variables = SharedMap.of<Variable>(new Map())
  const parameters = parametersOf(f)
  checkCount(cx, node, f.name, parameters.length, args.length)
  const values = each(cx, parameters, ({ type }, i) => argumentFor(cx, args[i] ?? node, type))
  for (const [i, { name, type }] of parameters.entries()) {
    const value = values[i]
    if (value === undefined) continue
    const { memory, max, choices, from } = value
    if (memory !== undefined && 'imm' in value.operand) {
      variables.set(name, { ...value, type, assignable: false })
      continue
    }
    // What is assigned to a parameter must not reach the caller's.
    const assignable = assignsTo(f, name)
    const variable = {
      type: value.type.kind === 'null' || !isAddress(type) ? type : value.type,
      operand: assignable || 'imm' in value.operand ? inRegister(cx, type, value.operand) : value.operand,
      memory,
      max: assignable ? undefined : max,
      choices,
      from,
      assignable,
      declared: type,
    }
    variables.set(name, variable as Variable) // undefined is as good as absent
  }
  return { variables, type: returnTypeOf(f) }
}

/** A copy. */
function inRegister(cx: Context, type: Type, operand: Operand): Operand {
  const dst = cx.ir.fresh()
  copy(cx, dst, type, operand)
  return reg(dst)
}

function checkCount(cx: Context, span: Span, name: string, want: number, found: number): void {
  if (want !== found) fail(cx, span, 'arguments', { name, want, found })
}

/** Names and types of a function's parameters. */
export function parametersOf(f: FunctionInfo): readonly Parameter[] {
  const signature = signatureOf(f.node)
  if (signature.parameters !== undefined) return signature.parameters
  const context = { module: f.module }
  checkShape(f)
  const made: Parameter[] = []
  for (const param of f.node.params) {
    if (param.type !== 'Identifier') continue
    if (param.typeAnnotation == null)
      return fail(context, param, 'needs-type', { what: param.name, instead: `${param.name}: u32` })
    made.push({ name: param.name, type: typeOfAnnotation(context, param.typeAnnotation.typeAnnotation) })
  }
  signature.parameters = made
  return made
}

/** A call of a function that is compiled by itself. */
function callCompiled(cx: Context, node: CallExpression, f: FunctionInfo, args: readonly Expression[]): Value {
  const parameters = parametersOf(f)
  checkCount(cx, node, f.name, parameters.length, args.length)
  if (parameters.length > 5)
    return fail(cx, node, 'arguments', { name: `${f.name}, which is not inlined,`, want: 5, found: parameters.length })
  if (cx.calling.includes(f.node)) return fail(cx, node, 'recursion', { name: f.name })
  const values = parameters.map(({ type }, i) => {
    const argument = args[i]
    if (argument === undefined) return imm(0)
    const value = argumentFor(cx, argument, type)
    return isAddress(type) ? addressOf(cx, value) : value.operand
  })
  const name = compileFunction(cx, f)
  at(cx, node)
  const type = returnTypeOf(f)
  if (isAddress(type))
    return fail({ module: f.module }, f.node, 'wrong-type', { want: 'a number', found: typeName(type) })
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'call', dst, callee: { kind: 'function', name }, args: values })
  if (type.kind === 'void') return { type, operand: imm(0) }
  return { type, operand: resultIn(cx, dst, type.kind === 'int' ? type : BOOL) }
}

/** What comes back in r0: of narrow numbers only the low bits count. */
function resultIn(cx: Context, register: number, type: IntType | typeof BOOL): Operand {
  if (type.kind === 'int' && type.bits === 64) return reg(register)
  const cut = cx.ir.fresh()
  cx.ir.emit({ op: 'move', width: 32, dst: cut, a: reg(register) })
  return reg(cut)
}

/** Of a parameter nobody knows where it is from. */
const ANYWHERE: Memory = { region: 'any', offset: 0 }

/** A parameter's value: the kernel hands on numbers of maps by where they lie. */
function parameterIn(cx: Context, register: number, type: Type, places: readonly number[] | undefined): Operand {
  if (places !== undefined && (type.kind === 'int' || type.kind === 'bool'))
    return read(cx, { kind: 'memory', type, base: reg(register), place: { kind: 'memory', ...ANYWHERE } }).operand
  return type.kind === 'int' ? resultIn(cx, register, type) : reg(register)
}

/** Where a function's name stands, with its file. */
const placeOfName = (f: FunctionInfo): Span => ({ ...f.at, file: f.module.file })

/**
 * Lower a function by itself, once for all its calls; gives its name, which no other function of any file has. What
 * the kernel calls may get its parameters in places of its own: `places` says in which, and numbers lie behind
 * pointers where it is an element's.
 */
export function compileFunction(cx: Context, f: FunctionInfo, places?: readonly number[]): string {
  const { called } = f.module.unit
  const how = places?.join() ?? ''
  let name = f.name
  for (let known = called.get(name); known !== undefined; known = called.get(name)) {
    if (known.node === f.node && known.how === how) {
      if (known.ir !== undefined) return name
      // Else what is wrong in it has been told.
      if (!cx.calling.includes(f.node)) giveUp()
      fail({ module: f.module }, f.at, 'recursion', { name: f.name })
    }
    name = `${name}_`
  }
  const parameters = parametersOf(f)
  const count = Math.max(0, ...parameters.map((_, i) => 1 + (places?.[i] ?? i)))
  const entry = { node: f.node, how, parameters: count, at: placeOfName(f) }
  called.set(name, { ...entry, ir: undefined })
  const ir = irBuilder()
  const type = returnTypeOf(f)
  const variables = SharedMap.of<Variable>(new Map())
  const context = changed(cx, {
    module: f.module,
    ir,
    variables,
    guarded: new Set(),
    bounded: new Set(),
    // The verifier wants a number from every function.
    exits: { returns: { type, leave: (value) => ir.end({ op: 'return', a: value ?? imm(0) }) } },
  })
  at(context, f.node)
  for (const [index, parameter] of parameters.entries()) {
    const dst = ir.fresh()
    ir.emit({ op: 'parameter', dst, index: places?.[index] ?? index })
    const { name: own, type: of } = parameter
    const memory = isAddress(of) && of.kind !== 'struct' ? { memory: ANYWHERE } : {}
    variables.set(own, {
      type: of,
      operand: parameterIn(context, dst, of, places),
      assignable: assignsTo(f, own),
      ...memory,
    })
  }
  try {
    lowerBody(context, f, context, type)
  } catch (error) {
    // A mistake in it is told wherever it is called, and is not recursion.
    called.delete(name)
    throw error
  }
  called.set(name, { ...entry, ir: ir.finish(name) })
  return name
}
