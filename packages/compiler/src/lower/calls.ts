import type { CallExpression, Expression } from 'oxc-parser'
import { nearest } from '../kernel-header.ts'
import { intTypes } from '../types.ts'
import { builtins } from './builtins.ts'
import { callFunction, inlineCondition } from './functions.ts'
import { callHeaderOption } from './header-options.ts'
import { insteadOfJavaScript } from './javascript-names.ts'
import { callHelper, helperNames } from './kernel-calls.ts'
import { callExchange } from './kernel-pointers.ts'
import { callKfunc } from './kfunc-calls.ts'
import { callMap } from './map-calls.ts'
import { at, type Context, type FunctionInfo, fail, giveUp, type Value } from './scope.ts'
import { textOf } from './syntax-tree.ts'
import { cast } from './values.ts'

/** A call: a cast, something built in, a function of the module, one of the kernel, a map's. */
export function lowerCall(cx: Context, node: CallExpression): Value {
  const { callee } = node
  const args = node.arguments.map(
    (argument): Expression =>
      argument.type === 'SpreadElement'
        ? fail(cx, argument, 'not-in-language', { what: 'an argument with ...', instead: 'an argument for each' })
        : argument,
  )
  if (callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier') {
    const { object, property } = callee
    const handle = object.type === 'Identifier' ? cx.module.handles.get(object.name) : undefined
    if (handle?.kind === 'map') return callMap(cx, node, handle, property, args)
    const option = object.type === 'Identifier' ? cx.module.options.get(object.name) : undefined
    if (option !== undefined) return callHeaderOption(cx, node, option, property, args)
    if (property.name === 'exchange') {
      const exchanged = callExchange(cx, node, object, args)
      if (exchanged !== undefined) return exchanged
    }
    const instead = object.type === 'Identifier' ? insteadOfJavaScript(object.name, property.name) : undefined
    if (instead === undefined) cx.lower.expression(cx, object)
    return fail(cx, callee, 'not-in-language', {
      what: instead === undefined ? `the method ${property.name}` : textOf(cx, callee),
      instead: instead ?? 'functions are called by name; only maps have methods',
    })
  }
  if (callee.type !== 'Identifier') return fail(cx, callee, 'not-in-language', { what: 'a call of this' })
  const { name } = callee
  if (cx.variables.get(name)?.type.kind === 'error') return giveUp()
  if (cx.variables.has(name))
    return fail(cx, callee, 'not-in-language', { what: 'a call of a variable', instead: 'a function of the module' })
  const to = intTypes.get(name)
  if (to !== undefined) {
    const [first] = args
    if (first === undefined || args.length !== 1)
      return fail(cx, node, 'arguments', { name, want: 1, found: args.length })
    const value = cx.lower.expression(cx, first)
    at(cx, node)
    return cast(cx, first, value, to)
  }
  const f = cx.module.functions.get(name)
  // A building block that the kernel has as well; the kernel's own is used where there is one.
  if (f?.insteadOfKfunc === true && cx.module.header.kfunc(name) !== undefined)
    return callKfunc(cx, node, name, args, (inner) => callFunction(inner, node, f, args))
  if (f !== undefined) return callFunction(cx, node, f, args)
  const builtin = builtins.get(name)
  if (builtin !== undefined) return builtin(cx, node, args)
  if (helperNames.has(name)) return callHelper(cx, node, name, args)
  if (cx.module.header.kfunc(name) !== undefined) return callKfunc(cx, node, name, args, undefined)
  if (cx.module.broken.has(name)) return giveUp()
  const instead = insteadOfJavaScript(name)
  if (instead !== undefined) return fail(cx, callee, 'not-in-language', { what: name, instead })
  const names = [...cx.module.functions.keys(), ...builtins.keys(), ...intTypes.keys(), ...helperNames.keys()]
  return fail(cx, callee, 'unknown-name', { name, nearest: nearest(name, names) })
}

/** A call that decides where to go on; false where it has to be a value first. */
export function callCondition(cx: Context, node: CallExpression, yes: number, no: number): boolean {
  const f: FunctionInfo | undefined =
    node.callee.type === 'Identifier' ? cx.module.functions.get(node.callee.name) : undefined
  if (f === undefined) return false
  const args = node.arguments.filter((argument) => argument.type !== 'SpreadElement')
  return args.length === node.arguments.length && inlineCondition(cx, node, f, args, { yes, no })
}
