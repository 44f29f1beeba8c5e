import type { CompileOptions } from '@tscc/compiler'
import { decode, disassemble } from '@tscc/insn'
import type { BpfObject } from '@tscc/object'
import { compiled } from './compiled.ts'

/** A program whose ssthresh has a body, where `v` is its private state with `members`; `beside` stands before it. */
export const ssthreshText = (members: string, body: string, beside = ''): string => `
interface S { ${members} }
${beside}
export default structOps<tcp_congestion_ops>({
  name: 'body',
  ssthresh(sk) {
    const v = inet_csk_ca<S>(sk)
    ${body}
    return 2
  },
  undo_cwnd: (sk) => tcp_sk(sk).snd_cwnd,
  cong_avoid(sk) {},
})`

/** Such a program, compiled. */
export const ssthreshWith = (members: string, body: string, options?: CompileOptions, beside?: string): BpfObject =>
  compiled(ssthreshText(members, body, beside), options).object

/** The instructions of its first function, a line each. */
export const disassembled = ({ functions }: BpfObject): readonly string[] =>
  disassemble(decode(functions[0]?.code ?? new Uint8Array())).split('\n')
