import { type Btf, type BtfKind, findTypes } from '@tscc/btf'
import { tcpCongestionOpsCallbacks } from './building-blocks/callbacks.ts'

/** Finds types by name in one BTF and remembers what it found, or did not. */
export type TypeFinder = (name: string, kind: BtfKind) => number | undefined

/** Names of the kernel functions that may stand behind a member; the right one carries the parameter names. */
export const stubNames = (type: string, member: string): readonly string[] =>
  type === 'tcp_congestion_ops'
    ? [`bpf_tcp_ca_${member}`, `__bpf_tcp_ca_${member}`]
    : [`${type}__${member}`, `${type.replace(/_ops$/, '')}_${member}`]

/** What linking a congestion control asks for sooner or later: a walk over the BTF costs the same for one name or for all. */
const TCP_NAMES: readonly { readonly name: string; readonly kind: BtfKind }[] = [
  ...['tcp_congestion_ops', 'bpf_struct_ops_tcp_congestion_ops', 'tcp_sock', 'ack_sample', 'rate_sample'].map(
    (name) => ({ name, kind: 'struct' as const }),
  ),
  ...['tcp_ca_event', 'tcp_ca_state'].map((name) => ({ name, kind: 'enum' as const })),
  ...tcpCongestionOpsCallbacks
    .flatMap(({ callback }) => stubNames('tcp_congestion_ops', callback))
    .map((name) => ({ name, kind: 'func' as const })),
]

/** A finder over one BTF. */
export function typeFinder(btf: Btf): TypeFinder {
  const known = new Map<string, number | undefined>()
  return (name, kind) => {
    const key = `${kind} ${name}`
    if (!known.has(key)) {
      const wanted = [{ name, kind }, ...(known.size === 0 ? TCP_NAMES : [])]
      const ids = findTypes(btf, wanted)
      for (const [i, query] of wanted.entries()) known.set(`${query.kind} ${query.name}`, ids[i])
    }
    return known.get(key)
  }
}
