import type { Expression } from 'oxc-parser'
import type { Context } from './scope.ts'

/**
 * What a question about the kernel vouches for where its answer is yes: `field:tcp_sock.delivered_ce`,
 * `enumerator:TCP_CA_Loss`, `func:tcp_slow_start`, `kernel:6.12`.
 */
export function vouchedBy(cx: Context, node: Expression): readonly string[] {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return []
  const [argument, minor] = node.arguments
  switch (node.callee.name) {
    case 'exists':
      if (argument?.type === 'Identifier') return [`enumerator:${argument.name}`]
      return argument?.type === 'MemberExpression' ? fieldPath(cx, argument) : []
    case 'hasKfunc':
      return argument?.type === 'Identifier' ? [`func:${argument.name}`] : []
    case 'kernelAtLeast':
      return argument?.type === 'Literal' && minor?.type === 'Literal'
        ? [`kernel:${argument.value}.${minor.value}`]
        : []
    default:
      return []
  }
}

/** Was this asked for around here, or a kernel that is new enough to have it? `kernels` is `6.12..`, or several such ranges. */
export function isAskedFor(cx: Context, what: string, kernels: string): boolean {
  if (cx.guarded.has(what)) return true
  const since = /(?:^|,)(\d+)\.(\d+)\.\.$/.exec(kernels)
  if (since === null) return false
  const [, major, minor] = since
  return [...cx.guarded].some((fact) => {
    const version = /^kernel:(\d+)\.(\d+)$/.exec(fact)
    if (version === null) return false
    const [asked, has] = [version, [undefined, major, minor]].map((one) => Number(one[1]) * 1000 + Number(one[2]))
    return asked !== undefined && has !== undefined && asked >= has
  })
}

/** Struct and path of a field, without computing anything. */
function fieldPath(cx: Context, node: Expression): readonly string[] {
  const path: string[] = []
  let at = node
  while (at.type === 'MemberExpression' && !at.computed && at.property.type === 'Identifier') {
    path.unshift(at.property.name)
    at = at.object
  }
  const root =
    at.type === 'Identifier'
      ? cx.variables.get(at.name)?.type
      : at.type === 'CallExpression' && at.callee.type === 'Identifier'
        ? cx.module.header.struct({ tcp_sk: 'tcp_sock', inet_csk: 'inet_connection_sock' }[at.callee.name] ?? '')
        : undefined
  if (root?.kind !== 'struct') return []
  // Every struct on the way is there when what is in it is.
  return path.map(
    (_, i) => `field:${root.root}.${[...(root.path === '' ? [] : [root.path]), ...path.slice(0, i + 1)].join('.')}`,
  )
}
