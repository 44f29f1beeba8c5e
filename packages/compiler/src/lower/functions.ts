import type { CallExpression, Expression, TSType } from 'oxc-parser'
import { imm, reg } from '../ir/builder.ts'
import type { Operand } from '../ir/ir.ts'
import { nearest } from '../kernel-header.ts'
import { BOOL, intTypes, type Type, VOID } from '../types.ts'
import { type Context, type FunctionInfo, fail, type ModuleScope, type Value, type Variable } from './scope.ts'
import { argumentFor, copy } from './values.ts'

/** A type annotation of the program. */
export function typeOfAnnotation(context: { readonly module: ModuleScope }, node: TSType): Type {
  if (node.type === 'TSBooleanKeyword') return BOOL
  if (node.type === 'TSVoidKeyword') return VOID
  if (node.type !== 'TSTypeReference' || node.typeName.type !== 'Identifier')
    return fail(context, node, 'not-in-language', {
      what: 'this type',
      instead: 'an integer type such as u32, bool, an interface, or a struct of the kernel',
    })
  const { name } = node.typeName
  if (name === 'bool') return BOOL
  const { layouts, header } = context.module
  const layout = layouts.get(name)
  const type = intTypes.get(name) ?? (layout === undefined ? header.struct(name) : { kind: 'private' as const, layout })
  if (type !== undefined) return type
  return fail(context, node, 'unknown-type', { name, nearest: nearest(name, [...intTypes.keys(), ...layouts.keys()]) })
}

/** The body of a function in the place of its call. */
export function inlineCall(cx: Context, node: CallExpression, f: FunctionInfo, args: readonly Expression[]): Value {
  const { variables, type } = enter(cx, node, f, args)
  const after = cx.ir.block()
  const result = cx.ir.fresh()
  const leave = (value: Operand | undefined): void => {
    if (value !== undefined) copy(cx, result, type, value)
    cx.ir.end({ op: 'jump', to: after })
  }
  lowerBody(cx, f, { ...cx, variables, exits: { returns: { type, leave } } }, type)
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
  const { returnType } = f.node
  if (returnType == null || typeOfAnnotation({ module: f.module }, returnType.typeAnnotation).kind !== 'bool')
    return false
  const { variables, type } = enter(cx, node, f, args)
  const leave = (): never => fail({ module: f.module }, f.node, 'missing-return', { name: f.name })
  lowerBody(cx, f, { ...cx, variables, exits: { returns: { type, leave, branch } } }, type)
  return true
}

function lowerBody(cx: Context, f: FunctionInfo, inner: Context, type: Type): void {
  const context: Context = { ...inner, module: f.module, calling: [...cx.calling, f.name] }
  for (const statement of f.node.body?.body ?? []) cx.lower.statement(context, statement)
  if (cx.ir.ended) return
  if (type.kind !== 'void') fail({ module: f.module }, f.node, 'missing-return', { name: f.name })
  inner.exits.returns.leave(undefined)
}

/** Parameters with their arguments. */
function enter(
  cx: Context,
  node: CallExpression,
  f: FunctionInfo,
  args: readonly Expression[],
): { readonly variables: Map<string, Variable>; readonly type: Type } {
  const { params, returnType } = f.node
  if (cx.calling.includes(f.name)) return fail(cx, node, 'recursion', { name: f.name })
  if (args.length !== params.length)
    return fail(cx, node, 'arguments', { name: f.name, want: params.length, found: args.length })
  const variables = new Map<string, Variable>()
  for (const [i, param] of params.entries()) {
    const argument = args[i]
    if (param.type !== 'Identifier' || argument === undefined)
      return fail({ module: f.module }, param, 'not-in-language', { what: 'this parameter' })
    if (param.typeAnnotation == null) return fail({ module: f.module }, param, 'needs-type', { what: param.name })
    const type = typeOfAnnotation({ module: f.module }, param.typeAnnotation.typeAnnotation)
    const operand = argumentFor(cx, argument, type)
    // A parameter may be assigned to, which must not reach the caller's.
    const own = cx.ir.fresh()
    copy(cx, own, type, operand)
    variables.set(param.name, { type, operand: reg(own), assignable: true })
  }
  return {
    variables,
    type: returnType == null ? VOID : typeOfAnnotation({ module: f.module }, returnType.typeAnnotation),
  }
}
