import type { Expression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm, irBuilder, reg } from '../ir/builder.ts'
import type { IrFunction } from '../ir/ir.ts'
import { nearest } from '../kernel-header.ts'
import { sameType, type Type, typeName, U32, VOID } from '../types.ts'
import type { ExportedCall } from './exported-calls.ts'
import { checkShape } from './function-shape.ts'
import { lowerFunctionBody } from './functions.ts'
import { newContext } from './lowering.ts'
import { type FunctionInfo, fail, type ModuleScope, type Variable } from './scope.ts'
import { SharedMap } from './shared-map.ts'
import { typeOfAnnotation } from './type-annotations.ts'

/** A program that the kernel runs at events of connections. */
export interface LoweredSockOps {
  /** The kernel's name for it. */
  readonly name: string
  readonly exported: string
  readonly ir: IrFunction
  /** Where its name stands, with its file. */
  readonly at: Span
}

const CONTEXT = 'bpf_sock_ops'

/** The sock_ops programs that a module exports, in their order. */
export function sockOpsOf(
  scope: ModuleScope,
  calls: readonly ExportedCall[],
  collect: <T>(make: () => T) => T | undefined,
): readonly LoweredSockOps[] {
  return calls.flatMap((one) => (one.make === 'sockOps' ? (collect(() => lowerSockOps(scope, one)) ?? []) : []))
}

function lowerSockOps(scope: ModuleScope, { exported, call }: ExportedCall): LoweredSockOps {
  const [body, options, ...more] = call.arguments
  if (body === undefined || more.length > 0)
    return fail({ module: scope }, call.callee, 'arguments', {
      name: 'sockOps',
      want: 1,
      found: call.arguments.length,
    })
  const name = nameOf(scope, exported, options as Expression | undefined) // what is no expression has no name
  const f = functionOf(scope, name, body as Expression) // the same
  if (f === undefined)
    return fail({ module: scope }, body, 'wrong-type', { want: 'a function: (ctx) => { … }', found: 'something else' })
  return { name, exported, ir: lowerBody(scope, name, f), at: { ...spanOf(call.callee), file: scope.file } }
}

const spanOf = ({ start, end }: Span): Span => ({ start, end })

function functionOf(scope: ModuleScope, name: string, node: Expression): FunctionInfo | undefined {
  if (node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression')
    return { name, at: { start: node.start, end: node.start + 1 }, node, module: scope, noinline: false }
  return node.type === 'Identifier' ? scope.functions.get(node.name) : undefined
}

/** `{ name: 'tuner' }`, or what it is exported as. */
function nameOf(scope: ModuleScope, exported: string, options: Expression | undefined): string {
  if (options === undefined) return exported === 'default' ? 'sock_ops' : exported
  if (options.type !== 'ObjectExpression')
    return fail({ module: scope }, options, 'wrong-type', { want: "{ name: '…' }", found: 'something else' })
  for (const property of options.properties) {
    const key = property.type === 'Property' && property.key.type === 'Identifier' ? property.key.name : ''
    if (property.type !== 'Property' || key !== 'name')
      return fail({ module: scope }, property.type === 'Property' ? property.key : property, 'unknown-field', {
        type: 'options of sockOps',
        field: key,
        nearest: nearest(key, ['name']),
      })
    const { value } = property
    if (value.type !== 'Literal' || typeof value.value !== 'string')
      return fail({ module: scope }, value, 'wrong-type', { want: 'a name in quotes', found: 'something else' })
    if (!/^[A-Za-z_]\w{0,14}$/.test(value.value))
      return fail({ module: scope }, value, 'bad-name', {
        name: value.value === '' ? "''" : value.value,
        why: 'a letter and up to 14 of A-Z a-z 0-9 _ are what a program can be called',
      })
    return value.value
  }
  return exported === 'default' ? 'sock_ops' : exported
}

/** What the kernel wants of a program that has nothing to say: the reply counts. */
const REPLY_COUNTS = imm(1)

function lowerBody(scope: ModuleScope, name: string, f: FunctionInfo): IrFunction {
  const ir = irBuilder()
  const variables = SharedMap.of<Variable>(new Map())
  const type: Type = givesNumber(f) ? U32 : VOID
  const cx = newContext(f.module, {
    ir,
    variables,
    calling: [f.node],
    exits: { returns: { type, leave: (value) => ir.end({ op: 'return', a: value ?? REPLY_COUNTS }) } },
  })
  checkShape(f)
  const context = scope.header.struct(CONTEXT)
  const [parameter, second] = f.node.params
  if (second !== undefined)
    return fail(cx, second, 'arguments', { name: 'sockOps', want: 1, found: f.node.params.length })
  if (context === undefined) return fail(cx, f.at, 'unknown-type', { name: CONTEXT, nearest: [] })
  if (parameter?.type === 'Identifier') {
    const annotation = parameter.typeAnnotation?.typeAnnotation
    const said = annotation === undefined ? undefined : typeOfAnnotation(cx, annotation)
    if (annotation !== undefined && said !== undefined && !sameType(said, context))
      return fail(cx, annotation, 'wrong-type', { want: CONTEXT, found: typeName(said) })
    const dst = ir.fresh()
    ir.at(f.module.file, parameter)
    ir.emit({ op: 'parameter', dst, index: 0 })
    variables.set(parameter.name, { type: context, operand: reg(dst), assignable: false })
  }
  lowerFunctionBody(cx, f)
  if (!ir.ended) ir.end({ op: 'return', a: REPLY_COUNTS })
  return ir.finish(name)
}

/** Does a function say with what it returns whether the reply counts? */
function givesNumber({ node }: FunctionInfo): boolean {
  const { body } = node
  if (body === null) return false
  if (body.type === 'BlockStatement') return returnsValue(body.body)
  return body.type !== 'CallExpression' && body.type !== 'AssignmentExpression'
}

/** Is there `return value` within, functions inside left out? */
function returnsValue(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false
  if (Array.isArray(node)) return node.some(returnsValue)
  const one = node as { readonly type?: string; readonly argument?: unknown } // nodes of the tree
  if (one.type === 'ReturnStatement') return one.argument !== null && one.argument !== undefined
  if (one.type?.includes('Function') === true) return false
  return Object.values(node).some(returnsValue)
}
