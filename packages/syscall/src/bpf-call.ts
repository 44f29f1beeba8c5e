import type { TsccError } from '@tscc/core'
import { type Attr, type AttrValues, writeAttr } from './attr.ts'
import { type Capability, permissionMend } from './capabilities.ts'
import { type BpfCommand, bpfCommands } from './commands.ts'
import { errnoName, errnoNumber } from './errno.ts'
import type { Kernel } from './kernel.ts'
import { kernelRelease, olderThan } from './kernel-release.ts'
import { raiseMemlockOnce } from './memlock.ts'
import { type BpfErrorContext, syscallErrors } from './syscall-errors.ts'

/** The outcome of one bpf(2) call: `result` is negative (an errno) on failure; outputs are read from `attr`. */
export interface BpfOutcome {
  readonly result: number
  readonly attr: Attr
}

/** The buffers of the call under way: reachable from here, no collection can free them before the kernel is done. */
const held: { buffers: readonly Uint8Array[] } = { buffers: [] }

/** bpf(2) by command name and field values; failures are returned. */
export function tryBpf<Command extends BpfCommand>(
  kernel: Kernel,
  command: Command,
  values: AttrValues<Command>,
): BpfOutcome {
  const attr = writeAttr(kernel, command, values)
  held.buffers = attr.buffers
  const result = kernel.bpf(bpfCommands[command].number, attr.bytes, attr.size)
  held.buffers = []
  return { result, attr }
}

/** {@link tryBpf} for commands that create: kernels before 5.11 charge RLIMIT_MEMLOCK, so EPERM raises it once and tries again. */
export function tryBpfCreate<Command extends BpfCommand>(
  kernel: Kernel,
  command: Command,
  values: AttrValues<Command>,
): BpfOutcome {
  const outcome = tryBpf(kernel, command, values)
  if (outcome.result !== -errnoNumber('EPERM') || !raiseMemlockOnce(kernel)) return outcome
  return tryBpf(kernel, command, values)
}

/** bpf(2) by command name and field values; a failure is `syscall/bpf`. */
export function callBpf<Command extends BpfCommand>(
  kernel: Kernel,
  command: Command,
  values: AttrValues<Command>,
): BpfOutcome {
  const outcome = tryBpf(kernel, command, values)
  if (outcome.result < 0) throw bpfError(kernel, command, -outcome.result)
  return outcome
}

/** The error of a failed command, with the mend where the errno has one; `needed` are the capabilities it takes, if not its row's. */
export function bpfError(
  kernel: Kernel,
  command: BpfCommand,
  errno: number,
  options: { readonly lastLine?: string | undefined; readonly needed?: readonly Capability[] } = {},
): TsccError<'syscall/bpf', BpfErrorContext> {
  const { lastLine, needed = bpfCommands[command].capabilities } = options
  const name = errnoName(errno)
  return syscallErrors.make('bpf', {
    command,
    errno,
    name,
    mend: mendOf(kernel, command, name, needed),
    ...(lastLine === undefined || lastLine === '' ? {} : { lastLine }),
  })
}

/** Commands on open descriptors check no capability: their EPERM says something else. */
const specificMends: Partial<Record<BpfCommand, string>> = {
  BPF_MAP_UPDATE_ELEM: 'the map is frozen or was opened read-only',
  BPF_MAP_DELETE_ELEM: 'the map is frozen or was opened read-only',
  BPF_MAP_UPDATE_BATCH: 'the map is frozen or was opened read-only',
  BPF_MAP_DELETE_BATCH: 'the map is frozen or was opened read-only',
  BPF_LINK_UPDATE: 'what the link holds is not what was expected, or the link was opened read-only',
}

function mendOf(kernel: Kernel, command: BpfCommand, name: string, needed: readonly Capability[]): string {
  const { since } = bpfCommands[command]
  switch (name) {
    case 'EPERM':
    case 'EACCES':
      return specificMends[command] ?? permissionMend(kernel, needed)
    case 'ENOSYS':
      return 'this kernel is built without bpf(2) (CONFIG_BPF_SYSCALL)'
    case 'E2BIG':
      return 'this kernel does not know one of the fields that were sent, or a size is over its limit'
    case 'EINVAL':
      return olderThan(kernelRelease(kernel), since) ? `the command needs ${since} or later` : ''
    default:
      return ''
  }
}
