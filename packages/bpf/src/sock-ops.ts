import { onlyCompiled } from './bpf-errors.ts'
import type { Kernel } from './kernel.ts'
import type { Attached } from './struct-ops.ts'

/** How a sock_ops program is attached to a cgroup. */
export interface SockOpsAttachOptions {
  /** A directory of cgroup v2: the program sees the sockets that processes in it, and below it, made. */
  readonly cgroup: string
  /**
   * `link` (Linux 5.7): it goes with its handle, unless pinned. `program`: it stays beyond the process until it is
   * detached. Default: `link`.
   */
  readonly by?: 'link' | 'program'
  /**
   * With `by: 'program'`: `multi` (default) beside others, and those of cgroups below run too; `override`: a cgroup
   * below may have another in its place; `alone`: none below may have one. Links are always `multi`.
   */
  readonly sharing?: 'multi' | 'override' | 'alone'
  /** Where among the programs of the cgroup: Linux 6.17. Default: last. */
  readonly order?: 'first' | 'last' | { readonly before: AttachedSockOps } | { readonly after: AttachedSockOps }
}

/** A sock_ops program that is attached to a cgroup. */
export interface AttachedSockOps extends Attached {
  readonly cgroup: string
  readonly by: 'link' | 'program'
  readonly programId: number
  /** Is it still there? Not after `close`, nor once the cgroup has been removed. */
  readonly active: boolean
  /** Put another program in its place, in one step: every event is seen by one of the two. */
  replace(next: SockOps): void
  /** Keep a link beyond the process, under a path in a bpffs; unlink(2) lets go of it. */
  pin(path: string): void
}

/** What user space can do with a sock_ops program. */
export interface SockOps {
  readonly name: string
  /** Run it for the sockets of a cgroup until it is closed: `using link = tuner.attach({ cgroup: '/sys/fs/cgroup/web' })`. */
  attach(options: SockOpsAttachOptions): AttachedSockOps
}

/**
 * A program that the kernel runs at events of a connection (`ctx.op`, BPF_SOCK_OPS_*), in the cgroups it is attached to.
 * It answers in `ctx.reply`; `return 0` says that there is no answer, `return 1` and nothing that there is.
 */
export function sockOps(
  program: ((ctx: Kernel<'bpf_sock_ops'>) => number) | ((ctx: Kernel<'bpf_sock_ops'>) => void),
  options?: { readonly name?: string },
): SockOps
export function sockOps(): never {
  return onlyCompiled('sockOps')
}
