import { type Btf, kindOf, nameOf, typeOf } from '@tscc/btf'
import type { CoreSpec } from './core/core-spec.ts'
import type { ResolvedCore } from './core/resolve-core.ts'
import type { LinkedObject, Resolutions } from './linked-object.ts'

/** One thing that linking decided. */
export interface LinkExplanation {
  /** Of the program or subprogram that asked; empty for what is the whole object's. */
  readonly function: string
  /** Slot in that function as the object has it, where there is one. */
  readonly at?: number
  /** What was asked for: a kind of CO-RE relocation, or `argument`, `kfunc`, `ksym`, `kconfig`, `attach`, `callback`, `prune`. */
  readonly kind: string
  /** In the program's words: `struct tcp_sock.snd_cwnd`. */
  readonly subject: string
  /** As the object has it; absent where it says nothing. */
  readonly from?: string
  /** On the kernel; absent where the kernel has no such thing. */
  readonly to?: string
  readonly module?: string
  /** What became of it where the kernel lacks it. */
  readonly note?: string
}

/** What linking resolved to what, in the order of the programs. */
export function explainLink(linked: LinkedObject): readonly LinkExplanation[] {
  const { core, externs, arguments: bound, attachments, pruned } = linked.resolved
  return [
    ...linked.structOps.flatMap((value) =>
      value.dropped.map(({ callback, why }) => ({
        function: '',
        kind: 'callback',
        subject: `${value.layout.type}.${callback}`,
        note: `left out: ${why}`,
      })),
    ),
    ...attachments.map(({ function: f, target, id, module }) => ({
      function: f,
      kind: 'attach',
      subject: target,
      to: `type ${id}`,
      ...(module === undefined ? {} : { module }),
    })),
    ...bound.map(({ function: f, callback, argument, written, index }) => ({
      function: f,
      kind: 'argument',
      subject: `${callback}(${argument})`,
      from: `${written}`,
      to: `${index}`,
    })),
    ...core.map(explainCore),
    ...externs.map(explainExtern),
    ...pruned.map(({ function: f, from, to }) => ({
      function: f,
      kind: 'prune',
      subject: f,
      from: `${from} instructions`,
      to: `${to}`,
    })),
  ]
}

function explainCore({ function: f, relocation, resolved }: Resolutions['core'][number]): LinkExplanation {
  const { local, target } = resolved
  return {
    function: f,
    at: relocation.at,
    kind: relocation.kind,
    subject: subjectText(resolved.localSpec),
    ...(local === undefined ? {} : { from: valueText(local.value) }),
    ...(target === undefined ? {} : { to: valueText(target.value) }),
    ...(resolved.module === undefined ? {} : { module: resolved.module }),
    ...noteOf(resolved),
  }
}

function noteOf(resolved: ResolvedCore): { readonly note?: string } {
  if (resolved.target === undefined) return { note: 'absent: the instruction must not be reached' }
  if (resolved.unfit) return { note: 'of another size: loads and stores of it must not be reached' }
  const [from, to] = [resolved.local?.size, resolved.target.size]
  return from === to ? {} : { note: `${from} bytes become ${to}` }
}

const valueText = (value: bigint): string => `${BigInt.asIntN(64, value)}`

function explainExtern({ name, kind, resolved }: Resolutions['externs'][number]): LinkExplanation {
  const row = { function: '', kind, subject: name }
  switch (resolved.kind) {
    case 'absent':
      return { ...row, note: `absent: ${resolved.why ?? 'its address is 0, and a call must not be reached'}` }
    case 'unknown':
      return { ...row, note: 'not known: the BTF does not tell' }
    case 'address':
      return { ...row, to: `0x${resolved.address.toString(16)}` }
    case 'config':
      return { ...row, to: 'the map .kconfig' }
    default:
      return {
        ...row,
        to: `type ${resolved.id}`,
        ...(resolved.module === undefined ? {} : { module: resolved.module }),
      }
  }
}

/** An access as C writes it: `struct tcp_sock.rate_app_limited`, `struct sk_buff.cb[4]`, `enum tcp_ca_state.TCP_CA_Loss`. */
export function subjectText({ btf, rootId, accessors }: CoreSpec): string {
  const steps = accessors.map(({ name, index }, i) =>
    name !== undefined ? `.${name}` : i > 0 || index > 0 ? `[${index}]` : '',
  )
  return `${rootText(btf, rootId)}${steps.join('')}`
}

function rootText(btf: Btf, id: number): string {
  const kind = kindOf(btf, id)
  const type = typeOf(btf, id)
  const word = kind === 'enum64' ? 'enum ' : kind === 'struct' || kind === 'union' || kind === 'enum' ? `${kind} ` : ''
  return `${type.kind === 'fwd' ? `${type.of} ` : word}${nameOf(btf, id)}`
}
