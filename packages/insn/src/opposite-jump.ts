import type { JumpOp } from './insn.ts'

const opposites: Readonly<Record<JumpOp, JumpOp | undefined>> = {
  jeq: 'jne',
  jne: 'jeq',
  jgt: 'jle',
  jle: 'jgt',
  jge: 'jlt',
  jlt: 'jge',
  jsgt: 'jsle',
  jsle: 'jsgt',
  jsge: 'jslt',
  jslt: 'jsge',
  jset: undefined,
}

/** The jump that is taken exactly where another is not; `jset` has none. */
export const oppositeJump = (op: JumpOp): JumpOp | undefined => opposites[op]
