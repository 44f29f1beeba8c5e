import { add32, jge32, mov32, type Register, rsh32, type WritableRegister } from '@tscc/insn'
import type { Steps } from '../spec.ts'
import { loadCwnd, loadSsthresh, storeCwnd } from './fields.ts'

/** `r0 = max(snd_cwnd / 2, 2)`: multiplicative decrease with the floor of RFC 5681 equation (4). */
export const aimdSsthresh = (sk: Register, tmp: WritableRegister): Steps => [
  loadCwnd(tmp, sk),
  rsh32(tmp, 1),
  jge32(tmp, 2, 1),
  mov32(tmp, 2),
  mov32('r0', tmp),
]

/** Load snd_cwnd and snd_ssthresh, and jump to the label `avoidance` unless cwnd < ssthresh (slow start). */
export const slowStartCheck = (
  sk: Register,
  cwnd: WritableRegister,
  ssthresh: WritableRegister,
  avoidance: string,
): Steps => [loadCwnd(cwnd, sk), loadSsthresh(ssthresh, sk), jge32(cwnd, ssthresh, avoidance)]

/** `snd_cwnd += 1` segment. */
export const incrementCwnd = (sk: Register, tmp: WritableRegister): Steps => [
  loadCwnd(tmp, sk),
  add32(tmp, 1),
  storeCwnd(sk, tmp),
]
