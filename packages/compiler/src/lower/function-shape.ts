import { attempt, type FunctionInfo, fail, giveUp } from './scope.ts'

type Parameter = FunctionInfo['node']['params'][number]

/** What a function must not be, before its parameters and statements are looked at. */
export function checkShape(f: FunctionInfo): void {
  const { node, module } = f
  const context = { module }
  if (node.async)
    fail(context, f.at, 'not-in-language', { what: 'async', instead: 'everything happens at once in the kernel' })
  if (node.generator)
    fail(context, f.at, 'not-in-language', {
      what: 'a generator',
      instead: 'for (const i of range(n)) in the function itself',
    })
  if (node.typeParameters != null)
    fail(context, node.typeParameters, 'not-in-language', {
      what: 'a type parameter',
      instead: 'a function for each type: integers widen by themselves, so that u64 takes all that have no sign',
    })
  const parts = node.params.map((param) => attempt({ mistakes: module.unit.mistakes }, () => nameOf(f, param)))
  if (parts.includes(undefined)) giveUp()
  for (const [i, name] of parts.entries())
    if (name !== undefined && parts.indexOf(name) < i) fail(context, node.params[i] ?? f.at, 'duplicate', { name })
}

/** The name of a parameter, which is all that it may have besides a type. */
function nameOf({ module }: FunctionInfo, param: Parameter): string {
  const context = { module }
  switch (param.type) {
    case 'Identifier':
      if (param.name === 'this')
        return fail(context, param, 'not-in-language', { what: 'this', instead: 'the parameters' })
      // The parser's types say that no parameter is optional; its trees say it of those with a question mark.
      if ((param as { readonly optional?: boolean }).optional === true)
        return fail(context, { start: param.start, end: param.start + param.name.length + 1 }, 'not-in-language', {
          what: 'an optional parameter',
          instead: `${param.name}: u32, which every call gives`,
        })
      return param.name
    case 'AssignmentPattern':
      return fail(context, param.right, 'not-in-language', {
        what: 'a default value of a parameter',
        instead: 'pass it in every call',
      })
    case 'RestElement':
      return fail(context, param, 'not-in-language', { what: 'a parameter with ...', instead: 'a parameter for each' })
    default:
      return fail(context, param, 'not-in-language', {
        what: 'taking apart',
        instead: 'a name and a type: key: Key, and key.port in the function',
      })
  }
}
