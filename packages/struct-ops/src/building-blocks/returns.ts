import { exit, mov, mov32, type Register } from '@tscc/insn'
import type { Steps } from '../spec.ts'

/** Return what r0 holds. */
export const returnR0 = (): Steps => [exit()]

/** Return a constant. */
export const returnImm = (value: number): Steps => [mov('r0', value), exit()]

/** Return the low 32 bits of a register, which is what a u32 callback gives. */
export const returnReg = (register: Register): Steps => (register === 'r0' ? [exit()] : [mov32('r0', register), exit()])

/** Return from a void callback; r0 = 0 for kernels that want it readable. */
export const returnVoid = (): Steps => [mov('r0', 0), exit()]
