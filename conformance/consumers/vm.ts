import { assemble } from '@tscc/insn'
import { createMachine, type VmProgram, vmErrors } from '@tscc/vm'

const machine = createMachine()
const program: VmProgram = machine.load({ insns: assemble('r0 = r1\nr0 += 2\nexit') })
console.log(program.engine, program.call(40))
try {
  machine.load({ insns: assemble('r0 = *(u8 *)(r1 + 0)\nexit') }).run(0)
} catch (error) {
  console.log(vmErrors.is(error, 'vm/bad-access') && error.context.insn)
}
