import { type HelperParam, type HelperRow, helperTable } from '@tscc/bpf/helpers'
import type { CallExpression, Expression } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import { imm, reg } from '../ir/builder.ts'
import type { Operand } from '../ir/ir.ts'
import { intTypes, isData, typeName, VOID } from '../types.ts'
import { compileFunction, parametersOf } from './functions.ts'
import { pointerTo } from './objects.ts'
import { addressOf } from './places.ts'
import { at, type Context, type FunctionInfo, fail, type Handle, type Value } from './scope.ts'
import { textOf } from './syntax-tree.ts'
import { textAddress } from './texts.ts'
import { converted } from './values.ts'

/** Helpers by name. */
export const helperNames: ReadonlyMap<string, HelperRow> = new Map(helperTable.map((row) => [row.name, row]))

/** Helpers that change nothing that a program could read. */
const QUIET: ReadonlySet<string> = new Set([
  'bpf_ktime_get_ns',
  'bpf_ktime_get_boot_ns',
  'bpf_ktime_get_coarse_ns',
  'bpf_ktime_get_tai_ns',
  'bpf_jiffies64',
  'bpf_get_prandom_u32',
  'bpf_get_smp_processor_id',
  'bpf_get_current_pid_tgid',
  'bpf_get_socket_cookie',
  'bpf_sk_cgroup_id',
  'bpf_sk_ancestor_cgroup_id',
])

/** Emit a call of a helper by its name. */
export function emitHelper(cx: Context, name: string, args: readonly Operand[]): Operand {
  const row = helperNames.get(name)
  if (row === undefined) throw new Error(`the table has no helper ${name}`)
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'call', dst, callee: { kind: 'helper', name, id: row.id, quiet: QUIET.has(name) }, args })
  return reg(dst)
}

/** A call of a helper by its kernel name. */
export function callHelper(cx: Context, node: CallExpression, name: string, args: readonly Expression[]): Value {
  const row = helperNames.get(name)
  if (row === undefined) return fail(cx, node, 'unknown-name', { name })
  if (args.length !== row.params.length)
    return fail(cx, node, 'arguments', { name, want: row.params.length, found: args.length })
  const operands = row.params.map((param, i) => helperArgument(cx, node, row, param, args[i] ?? node))
  at(cx, node)
  const result = emitHelper(cx, name, operands)
  return resultOf(cx, node, row, result)
}

/** The address of a map. */
export function mapAddress(cx: Context, node: Span, { declaration }: Extract<Handle, { kind: 'map' }>): Operand {
  at(cx, node)
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'address', dst, of: { kind: 'map', map: declaration.name } })
  return reg(dst)
}

/** Where helpers put an element's value and key, and a context: the order of a function's parameters. */
const CALLBACK_ARGUMENTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['bpf_for_each_map_elem', [2, 1, 3]],
  ['bpf_timer_set_callback', [2, 1]],
])

/** The address of a function, which a helper calls; `places` are those of its parameters among what it gets. */
export function functionAddress(cx: Context, node: Span, f: FunctionInfo, places?: readonly number[]): Operand {
  const name = compileFunction(cx, f, places)
  at(cx, node)
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'address', dst, of: { kind: 'function', name } })
  return reg(dst)
}

/** A function of the module as an argument of a helper. */
function callbackArgument(cx: Context, node: CallExpression, helper: string, arg: Expression): Operand {
  const f = arg.type === 'Identifier' ? cx.module.functions.get(arg.name) : undefined
  if (f === undefined) return fail(cx, arg, 'wrong-type', { want: 'a function of the module', found: textOf(cx, arg) })
  const places = CALLBACK_ARGUMENTS.get(helper)
  const { length } = parametersOf(f)
  const most = places?.length ?? 2
  if (length > most) return fail(cx, arg, 'arguments', { name: f.name, want: most, found: length })
  return functionAddress(cx, node, f, places)
}

function helperArgument(
  cx: Context,
  node: CallExpression,
  row: HelperRow,
  param: HelperParam,
  arg: Expression,
): Operand {
  switch (param.type) {
    case 'u32':
    case 'u64':
    case 's32':
    case 's64':
    case 'size': {
      const type = intTypes.get(param.type === 'size' ? 'u32' : param.type)
      if (type === undefined) return imm(0)
      return converted(cx, arg, cx.lower.expression(cx, arg), type)
    }
    case 'sock':
      return socketArgument(cx, arg)
    case 'sock-or-context':
      return isContext(cx, arg) ? contextArgument(cx, arg) : socketArgument(cx, arg)
    case 'context':
      return contextArgument(cx, arg)
    case 'string':
      if (arg.type === 'Literal' && typeof arg.value === 'string') return textAddress(cx, arg.value).address
      return fail(cx, arg, 'wrong-type', { want: 'a text in quotes', found: 'something else' })
    case 'memory':
    case 'memory-out': {
      if (arg.type === 'Literal' && typeof arg.value === 'string' && param.type === 'memory')
        return textAddress(cx, arg.value).address
      const value = cx.lower.expression(cx, arg)
      if (value.type.kind === 'record' || value.type.kind === 'array') {
        if (value.memory?.region === 'private') return pointerTo(cx, arg, value.type)
        return addressOf(cx, value)
      }
      if (value.type.kind === 'pointer') return addressOf(cx, value)
      if (param.type === 'memory' && isData(value.type)) return pointerTo(cx, arg, value.type)
      return fail(cx, arg, 'wrong-type', { want: 'a local record or array', found: typeName(value.type) })
    }
    case 'map': {
      const handle = arg.type === 'Identifier' ? cx.module.handles.get(arg.name) : undefined
      if (handle?.kind !== 'map') return fail(cx, arg, 'wrong-type', { want: 'a map', found: textOf(cx, arg) })
      return mapAddress(cx, node, handle)
    }
    case 'callback':
      return callbackArgument(cx, node, row.name, arg)
  }
}

/** What sock_ops programs are given. */
const CONTEXT = 'bpf_sock_ops'

/** Does a name stand for the context? */
const isContext = (cx: Context, arg: Expression): boolean => {
  const type = arg.type === 'Identifier' ? cx.variables.get(arg.name)?.type : undefined
  return type?.kind === 'struct' && type.root === CONTEXT && type.path === ''
}

/** The context of a sock_ops program. */
export function contextArgument(cx: Context, arg: Expression): Operand {
  const { type, operand } = cx.lower.expression(cx, arg)
  if (type.kind === 'struct' && type.root === CONTEXT && type.path === '') return operand
  return fail(cx, arg, 'wrong-type', { want: 'the context of a sock_ops program', found: typeName(type) })
}

/** A socket of any of the kernel's types. */
export function socketArgument(cx: Context, arg: Expression): Operand {
  const { type, operand } = cx.lower.expression(cx, arg)
  if (type.kind === 'nullable') return fail(cx, arg, 'may-be-null', { what: textOf(cx, arg) })
  if (type.kind !== 'struct' || type.path !== '' || type.root === CONTEXT)
    return fail(cx, arg, 'wrong-type', {
      want: 'a socket',
      found: typeName(type),
      ...(type.kind === 'struct' && type.root === CONTEXT ? { instead: `${textOf(cx, arg)}.sk` } : {}),
    })
  return operand
}

function resultOf(cx: Context, node: CallExpression, row: HelperRow, result: Operand): Value {
  if (row.returns === 'void') return { type: VOID, operand: imm(0) }
  const type = intTypes.get(row.returns)
  if (type !== undefined) return { type, operand: type.bits === 64 ? result : cut(cx, result) }
  const struct = cx.module.header.struct(row.returns)
  if (struct === undefined) return fail(cx, node, 'not-in-language', { what: `a helper that gives ${row.returns}` })
  return { type: { kind: 'nullable', of: struct }, operand: result }
}

/** The lower 32 bits. */
export function cut(cx: Context, a: Operand): Operand {
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'move', width: 32, dst, a })
  return reg(dst)
}
