import type { Btf } from '../btf.ts'
import { funcProto } from '../query.ts'
import { type TypeFinder, typeFinder } from '../type-finder.ts'
import { typeOf } from '../type-of.ts'
import { typeText } from '../type-text.ts'
import type { BtfParam } from '../types.ts'
import { argumentName } from './argument-name.ts'
import type { CallbackSignature, StructOpsLayout } from './layout.ts'
import { structOpsLayout } from './struct-ops-layout.ts'
import { structOpsRules } from './struct-ops-rules.ts'

/** Names of the kernel functions that may stand behind a member; the right one carries the parameter names. */
function stubNames(type: string, member: string): readonly string[] {
  if (type === 'tcp_congestion_ops') return [`__bpf_tcp_ca_${member}`, `bpf_tcp_ca_${member}`]
  const { stubs = `${type}__` } = structOpsRules(type)
  return [`${stubs}${member}`, `${type.replace(/_ops$/, '')}_${member}`]
}

/** Ids of the kernel functions that stand behind a type's callbacks, and carry the names and marks of their parameters. */
export function structOpsStubs(btf: Btf, type: string): readonly number[] {
  const find = typeFinder(btf)
  return structOpsLayout(btf, type, find)
    .members.filter(({ kind }) => kind === 'callback')
    .flatMap(({ name }) => stubNames(type, name).flatMap((stub) => find(stub, 'func') ?? []))
}

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
      const stub = stubParameters(btf, find, type, member.name, params)
      return {
        callback: member.name,
        parameters: params.map((param, i) => {
          const marked = argumentName(stub?.[i]?.name ?? '')
          return {
            name: param.name === '' ? marked.name : param.name,
            type: typeText(btf, param.typeId),
            ...(marked.nullable ? { nullable: true } : {}),
            ...(marked.owned ? { owned: true } : {}),
          }
        }),
        returns: typeText(btf, returns),
        stub: stub !== undefined,
      }
    })
  // Kernels before 6.9 have no stubs, and then their absence says nothing.
  if (signatures.some((signature) => signature.stub)) return signatures
  return signatures.map(({ callback, parameters, returns }) => ({ callback, parameters, returns }))
}

/**
 * Parameters of the kernel's stub behind a member. It must take the same: before 6.9 there are no stubs, but
 * `bpf_tcp_ca_init(struct btf *)` is.
 */
export function stubParameters(
  btf: Btf,
  find: TypeFinder,
  type: string,
  member: string,
  params: readonly BtfParam[],
): readonly BtfParam[] | undefined {
  for (const name of stubNames(type, member)) {
    const id = find(name, 'func')
    const stub = id === undefined ? [] : funcProto(btf, id).params
    const same = stub.length === params.length && stub.length > 0
    if (same && stub.every((param, i) => typeText(btf, param.typeId) === typeText(btf, params[i]?.typeId ?? 0)))
      return stub
  }
  return undefined
}
