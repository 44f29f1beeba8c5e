import { jge32, label, mov32 } from '@tscc/insn'
import type { Steps } from '../spec.ts'
import { loadCwnd, loadSsthresh, tcpSockLoadU32 } from './fields.ts'
import { congAvoidPrologue, initPrologue, releasePrologue, ssthreshPrologue, undoCwndPrologue } from './prologue.ts'
import { returnR0, returnReg, returnVoid } from './returns.ts'
import { aimdSsthresh, incrementCwnd, slowStartCheck } from './window.ts'

/** ssthresh: `max(snd_cwnd / 2, 2)`. */
export const minimalSsthreshProgram = (): Steps => [
  ...ssthreshPrologue('r6'),
  ...aimdSsthresh('r6', 'r7'),
  ...returnR0(),
]

/** ssthresh: the present snd_ssthresh. It never backs off: an example of what not to ship. */
export const passthroughSsthreshProgram = (): Steps => [
  ...ssthreshPrologue('r6'),
  loadSsthresh('r0', 'r6'),
  ...returnR0(),
]

/** cong_avoid: one segment more for every ACK in slow start, nothing beyond it. */
export const slowStartCongAvoidProgram = (): Steps => [
  ...congAvoidPrologue('r6', 'r7', 'r8'),
  ...slowStartCheck('r6', 'r9', 'r2', 'avoidance'),
  ...incrementCwnd('r6', 'r9'),
  label('avoidance'),
  ...returnVoid(),
]

/** cong_avoid: nothing. The window then never grows, so this is for tests of registration only. */
export const minimalCongAvoidProgram = (): Steps => [...congAvoidPrologue('r6', 'r7', 'r8'), ...returnVoid()]

/** init: nothing. */
export const minimalInitProgram = (): Steps => [...initPrologue('r6'), ...returnVoid()]

/** release: nothing. */
export const minimalReleaseProgram = (): Steps => [...releasePrologue('r6'), ...returnVoid()]

/** undo_cwnd: `max(snd_cwnd, prior_cwnd)`, the window before the reduction that proved to be spurious. */
export const minimalUndoCwndProgram = (): Steps => [
  ...undoCwndPrologue('r6'),
  loadCwnd('r7', 'r6'),
  tcpSockLoadU32('r8', 'r6', 'prior_cwnd'),
  jge32('r7', 'r8', 1),
  mov32('r7', 'r8'),
  ...returnReg('r7'),
]
