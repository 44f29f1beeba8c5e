import { onlyCompiled } from './bpf-errors.ts'
import type { Kernel } from './kernel.ts'
import type { Attached } from './struct-ops.ts'

/** What user space can do with a sock_ops program. */
export interface SockOps {
  readonly name: string
  /** Run it for the sockets of a cgroup (a path under /sys/fs/cgroup) until it is closed. */
  attach(options: { readonly cgroup: string }): Attached
}

/** A program that the kernel runs at events of a connection (`ctx.op`, BPF_SOCK_OPS_*), in the cgroups it is attached to. */
export function sockOps(
  program: ((ctx: Kernel<'bpf_sock_ops'>) => number | undefined) | ((ctx: Kernel<'bpf_sock_ops'>) => void),
  options?: { readonly name?: string },
): SockOps
export function sockOps(): never {
  return onlyCompiled('sockOps')
}
