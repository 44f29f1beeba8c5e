import type { WritableRegister } from '@tscc/insn'
import { structOpsErrors } from '../errors.ts'
import type { LoadArgument, Steps } from '../spec.ts'
import { callbackInfo, type TcpCallback } from './callbacks.ts'

/**
 * Load arguments in an order that keeps r1 alive until its last use.
 *
 * A struct_ops program does not get its arguments in r1..r5 as a C function would: r1 points to the context,
 *
 *     r1 -> +------------+------------+------------+---
 *           | argument 0 | argument 1 | argument 2 | …      8 bytes each
 *           +------------+------------+------------+---
 */
function loadArguments(block: string, loads: readonly LoadArgument[]): Steps {
  const registers = loads.map((load) => load.dst)
  if (new Set(registers).size !== registers.length)
    throw structOpsErrors.make('registers', { block, why: `${registers.join(', ')} must be different registers` })
  return [...loads.filter((load) => load.dst !== 'r1'), ...loads.filter((load) => load.dst === 'r1')]
}

/** The first one, two, three … arguments by position, for any struct_ops type. */
export function prologue(...registers: readonly WritableRegister[]): Steps {
  return loadArguments(
    'prologue',
    registers.map((dst, index) => ({ kind: 'loadArgument', dst, name: '', index })),
  )
}

/** Arguments of a TCP callback by name: `callbackPrologue('cong_avoid', { sk: 'r6', acked: 'r8' })`. */
export function callbackPrologue(callback: TcpCallback, registers: Readonly<Record<string, WritableRegister>>): Steps {
  const { parameters } = callbackInfo(callback)
  const loads = Object.entries(registers).map(([name, dst]): LoadArgument => {
    const index = parameters.findIndex((parameter) => parameter.name === name)
    const parameter = parameters[index]
    if (parameter === undefined)
      throw structOpsErrors.make('unknown-argument', {
        callback,
        argument: name,
        found: parameters.map((p) => p.name),
      })
    const { pointee } = parameter
    const arity = parameters.length
    return { kind: 'loadArgument', dst, name, index, arity, ...(pointee === undefined ? {} : { pointee }) }
  })
  return loadArguments(`${callback} prologue`, loads)
}

/** `u32 ssthresh(struct sock *sk)`. */
export const ssthreshPrologue = (sk: WritableRegister): Steps => callbackPrologue('ssthresh', { sk })

/** `void cong_avoid(struct sock *sk, u32 ack, u32 acked)`. */
export const congAvoidPrologue = (sk: WritableRegister, ack: WritableRegister, acked: WritableRegister): Steps =>
  callbackPrologue('cong_avoid', { sk, ack, acked })

/** `void set_state(struct sock *sk, u8 new_state)`. */
export const setStatePrologue = (sk: WritableRegister, newState: WritableRegister): Steps =>
  callbackPrologue('set_state', { sk, new_state: newState })

/** `void cwnd_event(struct sock *sk, enum tcp_ca_event ev)`. */
export const cwndEventPrologue = (sk: WritableRegister, ev: WritableRegister): Steps =>
  callbackPrologue('cwnd_event', { sk, ev })

/** `void cwnd_event_tx_start(struct sock *sk)`, kernels from 7.1. */
export const cwndEventTxStartPrologue = (sk: WritableRegister): Steps => callbackPrologue('cwnd_event_tx_start', { sk })

/** `void in_ack_event(struct sock *sk, u32 flags)`. */
export const inAckEventPrologue = (sk: WritableRegister, flags: WritableRegister): Steps =>
  callbackPrologue('in_ack_event', { sk, flags })

/** `void pkts_acked(struct sock *sk, const struct ack_sample *sample)`. */
export const pktsAckedPrologue = (sk: WritableRegister, sample: WritableRegister): Steps =>
  callbackPrologue('pkts_acked', { sk, sample })

/** `u32 undo_cwnd(struct sock *sk)`. */
export const undoCwndPrologue = (sk: WritableRegister): Steps => callbackPrologue('undo_cwnd', { sk })

/** `u32 min_tso_segs(struct sock *sk)`. */
export const minTsoSegsPrologue = (sk: WritableRegister): Steps => callbackPrologue('min_tso_segs', { sk })

/** `u32 sndbuf_expand(struct sock *sk)`. */
export const sndbufExpandPrologue = (sk: WritableRegister): Steps => callbackPrologue('sndbuf_expand', { sk })

/** `void init(struct sock *sk)`. */
export const initPrologue = (sk: WritableRegister): Steps => callbackPrologue('init', { sk })

/** `void release(struct sock *sk)`. */
export const releasePrologue = (sk: WritableRegister): Steps => callbackPrologue('release', { sk })

/**
 * `void cong_control(struct sock *sk, [u32 ack, int flag,] const struct rate_sample *rs)`:
 * `rs` is bound by what it points to, so the same program serves kernels before and after 6.10.
 */
export const congControlPrologue = (sk: WritableRegister, rs: WritableRegister): Steps =>
  callbackPrologue('cong_control', { sk, rs })
