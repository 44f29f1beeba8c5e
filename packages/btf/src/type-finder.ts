import type { Btf } from './btf.ts'
import { findTypes } from './find.ts'
import type { BtfKind } from './kinds.ts'

/** Finds types by name in one BTF and remembers what it found, or did not. */
export type TypeFinder = (name: string, kind: BtfKind) => number | undefined

/** What linking a congestion control asks for sooner or later: a walk over the BTF costs the same for one name or for all. */
const TCP_NAMES = [
  'tcp_congestion_ops',
  'bpf_struct_ops_tcp_congestion_ops',
  'tcp_sock',
  'ack_sample',
  'rate_sample',
].map((name) => ({ name, kind: 'struct' as const }))

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
