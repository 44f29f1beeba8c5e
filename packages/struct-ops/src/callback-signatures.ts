import { type Btf, type BtfParam, funcProto, nameOf, typeOf } from '@tscc/btf'
import type { CallbackSignature, StructOpsLayout } from './layout.ts'
import { structOpsLayout } from './struct-ops-layout.ts'
import { type TypeFinder, typeFinder } from './type-finder.ts'

/** Names of the kernel functions that may stand behind a member; the right one carries the parameter names. */
const stubNames = (type: string, member: string): readonly string[] =>
  type === 'tcp_congestion_ops'
    ? [`__bpf_tcp_ca_${member}`, `bpf_tcp_ca_${member}`]
    : [`${type}__${member}`, `${type.replace(/_ops$/, '')}_${member}`]

/** Signatures of every callback of a struct_ops type, in the kernel's order. */
export function callbackSignatures(
  btf: Btf,
  type: string,
  options: { readonly layout?: StructOpsLayout; readonly find?: TypeFinder } = {},
): readonly CallbackSignature[] {
  const { find = typeFinder(btf), layout = structOpsLayout(btf, type, find) } = options
  const ops = typeOf(btf, layout.typeId)
  const members = ops.kind === 'struct' ? ops.members : []
  const signatures = layout.members
    .filter((member) => member.kind === 'callback')
    .map((member): Required<CallbackSignature> => {
      const { params, returns } = funcProto(btf, members[member.index]?.typeId ?? 0)
      const stub = stubParameters(btf, find, stubNames(type, member.name), params)
      return {
        callback: member.name,
        parameters: params.map((param, i) => ({
          name: param.name === '' ? (stub?.[i]?.name ?? '') : param.name,
          type: typeText(btf, param.typeId),
        })),
        returns: typeText(btf, returns),
        stub: stub !== undefined,
      }
    })
  // Kernels before 6.9 have no stubs, and then their absence says nothing.
  if (signatures.some((signature) => signature.stub)) return signatures
  return signatures.map(({ callback, parameters, returns }) => ({ callback, parameters, returns }))
}

/** Parameters of the stub behind a member; a function of that name with another prototype is none. */
function stubParameters(
  btf: Btf,
  find: TypeFinder,
  names: readonly string[],
  params: readonly BtfParam[],
): readonly BtfParam[] | undefined {
  for (const name of names) {
    const id = find(name, 'func')
    const stub = id === undefined ? [] : funcProto(btf, id).params
    const same = stub.length === params.length && stub.length > 0
    if (same && stub.every((param, i) => typeText(btf, param.typeId) === typeText(btf, params[i]?.typeId ?? 0)))
      return stub
  }
  return undefined
}

/** Types that a prototype nests no deeper than this. */
const MAX_DEPTH = 16

/** A parameter's type as C writes it, short: enough for signatures, not for declarations. */
function typeText(btf: Btf, id: number, depth = 0): string {
  if (id === 0) return 'void'
  if (depth > MAX_DEPTH) return '…'
  const type = typeOf(btf, id)
  const inner = (): string => typeText(btf, 'typeId' in type ? type.typeId : 0, depth + 1)
  switch (type.kind) {
    case 'ptr': {
      const text = inner()
      return text.endsWith('*') ? `${text}*` : `${text} *`
    }
    case 'const':
    case 'volatile':
    case 'restrict':
      return `${type.kind} ${inner()}`
    case 'type_tag':
      return inner()
    case 'struct':
    case 'union':
    case 'enum':
      return `${type.kind} ${type.name}`
    case 'enum64':
      return `enum ${type.name}`
    case 'fwd':
      return `${type.of} ${type.name}`
    case 'func_proto':
      return 'function'
    default:
      return nameOf(btf, id)
  }
}
