import { errnoNumber, type Kernel, loadProgram, type Program, syscallErrors } from '@tscc/syscall'
import { structOpsErrors } from '../errors.ts'
import { type BoundStructOps, type LinkedProgram, type LinkedStructOps, originOf } from '../link.ts'
import { DEFAULT_LICENSE } from '../spec.ts'

/** ENOTSUPP of include/linux/errno.h: what the kernel says of a member that BPF may not implement. */
const ENOTSUPP = 524

/** include/uapi/linux/bpf.h */
const BPF_F_SLEEPABLE = 1 << 4

/** Programs that were loaded together and are closed together. */
export interface LoadedPrograms {
  readonly programs: readonly {
    readonly linked: Pick<LinkedProgram, 'valueOffset'>
    readonly program: { readonly fd: number }
  }[]
  close(): void
  [Symbol.dispose](): void
}

/** A struct_ops whose programs somebody else loads, because they share maps or code with others: see `structOpsOf`. */
export interface LoadableStructOps extends BoundStructOps {
  load(kernel: Kernel): LoadedPrograms
}

/** What can be registered: linked from a spec, or part of an object. */
export type RegistrableStructOps = LinkedStructOps | LoadableStructOps

/** Load every program of a linked struct_ops; if one is refused, the others are closed and the error names the step. */
export function loadPrograms(kernel: Kernel, linked: RegistrableStructOps): LoadedPrograms {
  if ('load' in linked) return linked.load(kernel)
  const programs: { linked: LinkedProgram; program: Program }[] = []
  const close = (): void => {
    for (const { program } of programs) program.close()
  }
  try {
    for (const program of linked.programs) programs.push({ linked: program, program: loadOne(kernel, linked, program) })
  } catch (error) {
    close()
    throw error
  }
  return { programs, close, [Symbol.dispose]: close }
}

function loadOne(kernel: Kernel, linked: LinkedStructOps, program: LinkedProgram): Program {
  try {
    return loadProgram(kernel, {
      type: 'BPF_PROG_TYPE_STRUCT_OPS',
      instructions: program.bytes,
      name: program.name,
      license: linked.spec.license ?? DEFAULT_LICENSE,
      attachBtfId: linked.layout.typeId,
      expectedAttachType: program.memberIndex,
      ...(linked.spec.sleepable?.includes(program.callback) === true ? { flags: BPF_F_SLEEPABLE } : {}),
    })
  } catch (error) {
    throw explain(error, linked, program)
  }
}

/** The same error in the words of the one who wrote the program. */
function explain(error: unknown, linked: LinkedStructOps, program: LinkedProgram): unknown {
  const { callback } = program
  const errno =
    syscallErrors.is(error, 'syscall/verifier') || syscallErrors.is(error, 'syscall/bpf') ? error.context.errno : 0
  if (errno === ENOTSUPP)
    return structOpsErrors.make('unsupported-callback', { type: linked.layout.type, callback }, error)
  if (!syscallErrors.is(error, 'syscall/verifier')) return error
  const { instruction, reason, log } = error.context
  const step = instruction === undefined ? '' : originOf(program, instruction)
  return structOpsErrors.make('rejected', { callback, step, reason, log }, error)
}

/** The kernel's verifier on every program, then close them all: nothing is registered. */
export function verifyStructOps(kernel: Kernel, linked: RegistrableStructOps): void {
  loadPrograms(kernel, linked).close()
}

/** Is this a failed bpf(2) of that errno? */
export function failedWith(error: unknown, errnoNameOf: Parameters<typeof errnoNumber>[0]): boolean {
  return syscallErrors.is(error, 'syscall/bpf') && error.context.errno === errnoNumber(errnoNameOf)
}
