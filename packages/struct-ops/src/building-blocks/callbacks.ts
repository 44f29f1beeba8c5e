import { nearestNames } from '@tscc/core'
import { structOpsErrors } from '../errors.ts'
import type { CallbackName } from '../kernel-types.ts'

/** A member function of `struct tcp_congestion_ops`, on any kernel from 5.10 on. */
export type TcpCallback = CallbackName<'tcp_congestion_ops'> | 'cwnd_event_tx_start'

/** What a callback of `tcp_congestion_ops` takes and gives (include/net/tcp.h). */
export interface CallbackInfo {
  readonly callback: TcpCallback
  readonly parameters: readonly { readonly name: string; readonly type: string; readonly pointee?: string }[]
  readonly returns: 'void' | 'u32' | 'size_t'
  /** `always`; `one of cong_avoid, cong_control` (5.10: cong_avoid always); `optional`; `refused` to BPF programs. */
  readonly need: 'required' | 'cong_avoid or cong_control' | 'optional' | 'refused'
  /** When the kernel calls it. */
  readonly about: string
}

const sk = { name: 'sk', type: 'struct sock *', pointee: 'sock' } as const

/** One row a callback. `need` is what tcp_validate_congestion_control() and the BPF verifier enforce. */
const rows = [
  {
    callback: 'ssthresh',
    parameters: [sk],
    returns: 'u32',
    need: 'required',
    about: 'slow start threshold after a loss, segments',
  },
  {
    callback: 'cong_avoid',
    parameters: [sk, { name: 'ack', type: 'u32' }, { name: 'acked', type: 'u32' }],
    returns: 'void',
    need: 'cong_avoid or cong_control',
    about: 'an ACK that advances: grow the window; acked in segments',
  },
  {
    callback: 'set_state',
    parameters: [sk, { name: 'new_state', type: 'u8' }],
    returns: 'void',
    need: 'optional',
    about: 'before icsk_ca_state changes',
  },
  {
    callback: 'cwnd_event',
    parameters: [sk, { name: 'ev', type: 'enum tcp_ca_event' }],
    returns: 'void',
    need: 'optional',
    about: 'transmit start, window restart, loss, ECN seen by the receiver',
  },
  {
    callback: 'cwnd_event_tx_start',
    parameters: [sk],
    returns: 'void',
    need: 'optional',
    about: 'transmit start on kernels from 7.1, where cwnd_event no longer tells it',
  },
  {
    callback: 'in_ack_event',
    parameters: [sk, { name: 'flags', type: 'u32' }],
    returns: 'void',
    need: 'optional',
    about: 'every incoming ACK, with CA_ACK_* flags',
  },
  {
    callback: 'pkts_acked',
    parameters: [sk, { name: 'sample', type: 'const struct ack_sample *', pointee: 'ack_sample' }],
    returns: 'void',
    need: 'optional',
    about: 'segments left the retransmission queue, with an RTT sample (us, -1: none)',
  },
  {
    callback: 'min_tso_segs',
    parameters: [sk],
    returns: 'u32',
    need: 'optional',
    about: 'least segments of one TSO burst',
  },
  {
    callback: 'cong_control',
    parameters: [
      sk,
      { name: 'ack', type: 'u32' },
      { name: 'flag', type: 'int' },
      { name: 'rs', type: 'const struct rate_sample *', pointee: 'rate_sample' },
    ],
    returns: 'void',
    need: 'cong_avoid or cong_control',
    about: 'takes over window and pacing after every ACK; (sk, rs) before 6.10',
  },
  {
    callback: 'undo_cwnd',
    parameters: [sk],
    returns: 'u32',
    need: 'required',
    about: 'the window to go back to after a spurious recovery, segments',
  },
  {
    callback: 'sndbuf_expand',
    parameters: [sk],
    returns: 'u32',
    need: 'optional',
    about: 'factor of the send buffer over the window',
  },
  {
    callback: 'get_info',
    parameters: [
      sk,
      { name: 'ext', type: 'u32' },
      { name: 'attr', type: 'int *' },
      { name: 'info', type: 'union tcp_cc_info *' },
    ],
    returns: 'size_t',
    need: 'refused',
    about: 'data for inet_diag; the kernel refuses it to BPF',
  },
  { callback: 'init', parameters: [sk], returns: 'void', need: 'optional', about: 'a socket takes this algorithm' },
  { callback: 'release', parameters: [sk], returns: 'void', need: 'optional', about: 'a socket leaves this algorithm' },
] as const satisfies readonly CallbackInfo[]

/** Every callback of `tcp_congestion_ops`, in the kernel's own order. */
export const tcpCongestionOpsCallbacks: readonly CallbackInfo[] = rows

/** Look one up; throws `struct-ops/unknown-callback` with the nearest names. */
export function callbackInfo(callback: TcpCallback): CallbackInfo {
  const info = tcpCongestionOpsCallbacks.find((row) => row.callback === callback)
  if (info !== undefined) return info
  throw structOpsErrors.make('unknown-callback', {
    type: 'tcp_congestion_ops',
    callback,
    nearest: nearestNames(
      callback,
      rows.map((row) => row.callback),
    ),
  })
}

/** Members that only some kernels have; a program for one is left out, with a note, where it is absent. */
export const CALLBACK_SINCE: Readonly<Record<string, string>> = {
  'tcp_congestion_ops.cwnd_event_tx_start': '7.1',
}

/** Arguments by name that callbacks took before they took those of {@link tcpCongestionOpsCallbacks}. */
export const CALLBACK_BEFORE: Readonly<Record<string, readonly string[]>> = {
  // until 6.10
  'tcp_congestion_ops.cong_control': ['sk', 'rs'],
}

/** Members that a complete `tcp_congestion_ops` lacks, as the kernel's own check would have it. */
export function missingCallbacks(present: readonly string[]): readonly string[] {
  const has = new Set(present)
  const missing = rows
    .filter((row) => row.need === 'required' && !has.has(row.callback))
    .map((row): string => row.callback)
  const either = rows.filter((row) => row.need === 'cong_avoid or cong_control').map((row) => row.callback)
  return either.some((name) => has.has(name)) ? missing : [...missing, either.join(' or ')]
}
