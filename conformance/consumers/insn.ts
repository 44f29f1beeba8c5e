import { assemble, decode, encode, exit, type Insn, mov } from '@tscc/insn'

const program: readonly Insn[] = [mov('r0', 0), exit()]
const bytes = encode(program, { endian: 'little' })
console.log(bytes.length, decode(bytes, { endian: 'little' }).length, assemble('r0 = 0\nexit').length)
// @ts-expect-error: r10 is the frame pointer, which nothing writes
console.log(typeof mov.bind(undefined, 'r10', 0))
