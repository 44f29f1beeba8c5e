import { add32, div32, jeq, jge32, jlt32, label, lsh32, mov32, mul32, sub32 } from '@tscc/insn'
import {
  aimdSsthresh,
  callbackPrologue,
  loadCwnd,
  loadField,
  loadSsthresh,
  minimalUndoCwndProgram,
  returnR0,
  returnVoid,
  type Steps,
  type StructOpsSpec,
  ssthreshPrologue,
  storeCwnd,
  tcpSockLoadU32,
  tcpSockStoreU32,
} from '@tscc/struct-ops'

/**
 * May the window grow? Only one that was used (RFC 7661 section 4.4, RFC 2861): the flight filled it, or, in slow
 * start, reached half of it. In: r6 sk, r7 cwnd, r8 ssthresh. Jumps to `unused` otherwise; uses r9.
 */
const unlessCwndLimited = (unused: string): Steps => [
  loadField('r9', 'r6', 'tcp_sock', 'is_cwnd_limited'),
  jeq('r9', 1, 'limited'),
  jge32('r7', 'r8', unused),
  tcpSockLoadU32('r9', 'r6', 'max_packets_out'),
  lsh32('r9', 1),
  jge32('r7', 'r9', unused),
  label('limited'),
]

/**
 * Slow start by the segments acknowledged (RFC 5681 section 3.1 with the byte counting of RFC 3465): the window
 * grows by `acked`, not beyond ssthresh; what is left of `acked` counts for congestion avoidance.
 * In: r6 sk, r7 cwnd, r8 ssthresh, r4 acked, r5 clamp. Out: r7 the new cwnd, r4 what is left.
 */
const slowStart = (): Steps => [
  mov32('r9', 'r7'),
  add32('r7', 'r4'),
  jlt32('r7', 'r8', 'within'),
  mov32('r7', 'r8'),
  label('within'),
  // r4 = acked - (to - cwnd)
  add32('r4', 'r9'),
  sub32('r4', 'r7'),
]

/**
 * Congestion avoidance (RFC 5681 equation (2), counted exactly): one segment for each `cwnd` acknowledged.
 * In: r6 sk, r7 cwnd, r4 acked. Out: r7 the new cwnd. snd_cwnd_cnt keeps the remainder.
 */
const avoidance = (): Steps => [
  tcpSockLoadU32('r8', 'r6', 'snd_cwnd_cnt'),
  mov32('r9', 'r7'),
  jlt32('r8', 'r9', 'counted'),
  // credit that is left from a larger window
  mov32('r8', 0),
  add32('r7', 1),
  label('counted'),
  add32('r8', 'r4'),
  jlt32('r8', 'r9', 'remainder'),
  mov32('r3', 'r8'),
  div32('r3', 'r9'),
  add32('r7', 'r3'),
  mul32('r3', 'r9'),
  sub32('r8', 'r3'),
  label('remainder'),
  tcpSockStoreU32('r6', 'snd_cwnd_cnt', 'r8'),
]

/** `snd_cwnd = min(cwnd, snd_cwnd_clamp)`; in: r7 cwnd, r5 clamp. */
const storeClamped = (): Steps => [jge32('r5', 'r7', 1), mov32('r7', 'r5'), storeCwnd('r6', 'r7')]

/** cong_avoid of RFC 5681 section 3.1: both phases, for a window that is used. */
const congAvoid: Steps = [
  ...callbackPrologue('cong_avoid', { sk: 'r6', acked: 'r4' }),
  loadCwnd('r7', 'r6'),
  loadSsthresh('r8', 'r6'),
  ...unlessCwndLimited('done'),
  tcpSockLoadU32('r5', 'r6', 'snd_cwnd_clamp'),
  jge32('r7', 'r8', 'avoidance'),
  ...slowStart(),
  jeq('r4', 0, 'store'),
  label('avoidance'),
  ...avoidance(),
  label('store'),
  ...storeClamped(),
  label('done'),
  ...returnVoid(),
]

/** undo_cwnd: back to the window before the reduction. */
const undoCwnd = minimalUndoCwndProgram()

/** ssthresh of RFC 5681 section 3.1 equation (4): half of the window, at least two segments. */
const ssthresh: Steps = [...ssthreshPrologue('r6'), ...aimdSsthresh('r6', 'r7'), ...returnR0()]

/**
 * TCP Reno: RFC 5681 congestion control with byte-counted slow start (RFC 3465) and growth of used windows only
 * (RFC 7661). Fast retransmit and recovery themselves are the kernel's.
 */
export function reno(name = 'ts_reno'): StructOpsSpec {
  return {
    type: 'tcp_congestion_ops',
    name,
    callbacks: { ssthresh, cong_avoid: congAvoid, undo_cwnd: undoCwnd },
  }
}
