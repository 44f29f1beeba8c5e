import { availableCongestionControls, type Kernel, setCongestionControl, syscallErrors } from '@tscc/syscall'
import { callLibc } from '@tscc/syscall/libc'
import { cliErrors } from '../cli-errors.ts'

/** Have congestion controls at hand: what the kernel has as a module is loaded. `cli/no-congestion-control` for those that it has not. */
export function needCongestionControls(kernel: Kernel, names: readonly string[]): void {
  const there = new Set(availableCongestionControls(kernel))
  const missing = [...new Set(names)].filter((name) => !there.has(name) && !loadsOnDemand(kernel, name))
  if (missing.length > 0) throw cliErrors.make('no-congestion-control', { names: missing })
}

/** A socket that asks for it has the kernel load `tcp_NAME`; programs of sock_ops cannot. */
function loadsOnDemand(kernel: Kernel, name: string): boolean {
  const fd = callLibc('int socket(int domain, int type, int protocol)', 2, 1, 0)
  try {
    setCongestionControl(kernel, fd, name)
    return true
  } catch (error) {
    if (syscallErrors.is(error, 'syscall/libc')) return false
    throw error
  } finally {
    callLibc('int close(int fd)', fd)
  }
}
