import { add32, and, jeq, jne32, label } from '@tscc/insn'
import {
  cwndEventPrologue,
  IN_ACK_EVENT_FLAGS,
  inAckEventPrologue,
  initPrologue,
  loadEnum,
  loadPrivate,
  returnVoid,
  type Steps,
  type StructOpsSpec,
  storePrivate,
  TCP_CONG_FLAGS,
} from '@tscc/struct-ops'
import { reno } from './reno.ts'

/** Private state: bytes from the start of icsk_ca_priv. */
export const ECN_COUNTER_STATE = {
  /** CE marks that this host received: counts on the receiver. */
  ceReceived: 0,
  /** ACKs that carried ECE: counts on the sender. */
  eceAcks: 4,
} as const

const increment = (offset: number): Steps => [
  loadPrivate('r8', 'r6', offset),
  add32('r8', 1),
  storePrivate('r6', offset, 'r8'),
]

/** The private state is shared by every algorithm that the socket had: start from zero. */
const init: Steps = [
  ...initPrologue('r6'),
  storePrivate('r6', ECN_COUNTER_STATE.ceReceived, 0),
  storePrivate('r6', ECN_COUNTER_STATE.eceAcks, 0),
  ...returnVoid(),
]

/** CA_EVENT_ECN_IS_CE fires on the receiver of a CE mark, and only with TCP_CONG_NEEDS_ECN. */
const cwndEvent: Steps = [
  ...cwndEventPrologue('r6', 'r7'),
  loadEnum('r8', 'tcp_ca_event', 'CA_EVENT_ECN_IS_CE'),
  jne32('r7', 'r8', 'other'),
  ...increment(ECN_COUNTER_STATE.ceReceived),
  label('other'),
  ...returnVoid(),
]

/** The sender learns of marks from the ECE flag of the ACKs (RFC 3168 section 6.1.2). */
const inAckEvent: Steps = [
  ...inAckEventPrologue('r6', 'r7'),
  and('r7', IN_ACK_EVENT_FLAGS.CA_ACK_ECE),
  jeq('r7', 0, 'none'),
  ...increment(ECN_COUNTER_STATE.eceAcks),
  label('none'),
  ...returnVoid(),
]

/** The tutorial's ECN example, corrected: Reno that asks for ECN and counts marks on both ends of a connection. */
export function ecnCounter(name = 'ts_ecn_counter'): StructOpsSpec {
  const base = reno(name)
  return {
    ...base,
    data: { flags: TCP_CONG_FLAGS.TCP_CONG_NEEDS_ECN },
    callbacks: { ...base.callbacks, init, cwnd_event: cwndEvent, in_ack_event: inAckEvent },
  }
}
