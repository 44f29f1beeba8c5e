import { nativeLittleEndian } from './attr.ts'
import { bpfError, callBpf, tryBpf } from './bpf-call.ts'
import { type BpfAttachType, bpfAttachTypes } from './bpf-types.ts'
import { bpfCommands } from './commands.ts'
import { type Descriptor, ownDescriptor } from './descriptor.ts'
import { errnoName, errnoNumber } from './errno.ts'
import type { Kernel } from './kernel.ts'
import { createLink, type Link } from './link.ts'
import { syscallErrors } from './syscall-errors.ts'

/** Attach flags (include/uapi/linux/bpf.h): let descendants override, let several programs be attached, take another's place. */
export const bpfAttachFlags = {
  BPF_F_ALLOW_OVERRIDE: 1 << 0,
  BPF_F_ALLOW_MULTI: 1 << 1,
  BPF_F_REPLACE: 1 << 2,
  BPF_F_BEFORE: 1 << 3,
  BPF_F_AFTER: 1 << 4,
  BPF_F_ID: 1 << 5,
  BPF_F_LINK: 1 << 13,
} as const

/** One of the programs at a place, by its id, or by that of the link that attached it. */
export type AttachAnchor = { readonly program: number } | { readonly link: number }

/** Where among the programs of one place (cgroups: Linux 6.17). Default: behind all others. */
export type AttachOrder = 'first' | 'last' | { readonly before: AttachAnchor } | { readonly after: AttachAnchor }

/** Flags and relative program of an order. */
function orderFields(order: AttachOrder | undefined): { readonly flags: number; readonly relative?: number } {
  const { BPF_F_BEFORE, BPF_F_AFTER, BPF_F_ID, BPF_F_LINK } = bpfAttachFlags
  if (order === undefined) return { flags: 0 }
  if (order === 'first') return { flags: BPF_F_BEFORE }
  if (order === 'last') return { flags: BPF_F_AFTER }
  const [side, anchor] = 'before' in order ? [BPF_F_BEFORE, order.before] : [BPF_F_AFTER, order.after]
  return 'link' in anchor
    ? { flags: side | BPF_F_ID | BPF_F_LINK, relative: anchor.link }
    : { flags: side | BPF_F_ID, relative: anchor.program }
}

/** Where a program goes: a target's descriptor (a cgroup, a map of sockets …) and what to attach it as. */
export interface AttachPlace {
  readonly targetFd: number
  readonly attachType: BpfAttachType | number
}

/** BPF_PROG_ATTACH: stays attached when every descriptor is closed, until {@link detachProgram} or the target's end. */
export function attachProgram(
  kernel: Kernel,
  program: { readonly fd: number },
  place: AttachPlace,
  options: { readonly flags?: number; readonly replaceFd?: number; readonly order?: AttachOrder } = {},
): void {
  const order = orderFields(options.order)
  callBpf(kernel, 'BPF_PROG_ATTACH', {
    target_fd: place.targetFd,
    attach_bpf_fd: program.fd,
    attach_type: attachNumber(place),
    attach_flags: (options.flags ?? 0) | order.flags,
    replace_bpf_fd: options.replaceFd,
    ...(order.relative === undefined ? {} : { relative_fd: order.relative }),
  })
}

/** BPF_PROG_DETACH. Where several programs may be attached, the kernel wants to know which. */
export function detachProgram(kernel: Kernel, place: AttachPlace, program?: { readonly fd: number }): void {
  callBpf(kernel, 'BPF_PROG_DETACH', {
    target_fd: place.targetFd,
    attach_bpf_fd: program?.fd,
    attach_type: attachNumber(place),
  })
}

/** The programs at a place, in the order in which they run. */
export interface AttachedPrograms {
  readonly programIds: readonly number[]
  /** Sum of {@link bpfAttachFlags} of the place itself; 0 with `effective`. */
  readonly flags: number
}

/** BPF_PROG_QUERY; `effective` counts those that a cgroup inherits. */
export function queryPrograms(
  kernel: Kernel,
  place: AttachPlace,
  options: { readonly effective?: boolean } = {},
): AttachedPrograms {
  const { fields } = bpfCommands.BPF_PROG_QUERY
  for (let room = 16; ; room *= 2) {
    const ids = new Uint8Array(4 * room)
    const { result, attr } = tryBpf(kernel, 'BPF_PROG_QUERY', {
      target_fd: place.targetFd,
      attach_type: attachNumber(place),
      query_flags: options.effective === true ? BPF_F_QUERY_EFFECTIVE : 0,
      prog_ids: ids,
      prog_cnt: room,
    })
    if (result === -errnoNumber('ENOSPC') && room < MAX_PROGRAMS) continue
    if (result < 0) throw bpfError(kernel, 'BPF_PROG_QUERY', -result)
    const count = attr.view.getUint32(fields.prog_cnt.at, nativeLittleEndian)
    const view = new DataView(ids.buffer)
    return {
      programIds: Array.from({ length: count }, (_, i) => view.getUint32(4 * i, nativeLittleEndian)),
      flags: attr.view.getUint32(fields.attach_flags.at, nativeLittleEndian),
    }
  }
}

const BPF_F_QUERY_EFFECTIVE = 1
/** The kernel attaches at most 64 programs to one place. */
const MAX_PROGRAMS = 4096

/**
 * Attach to a cgroup (v2) by path: a link from 5.7 on, which detaches when its last descriptor is closed, unless pinned.
 * Several links may be at one place.
 */
export function attachCgroup(
  kernel: Kernel,
  program: { readonly fd: number },
  path: string,
  attachType: BpfAttachType | number,
  options: { readonly order?: AttachOrder } = {},
): Link {
  using cgroup = openCgroup(kernel, path)
  const { flags, relative } = orderFields(options.order)
  return createLink(kernel, {
    fd: program.fd,
    target: cgroup.fd,
    attachType,
    ...(flags === 0 ? {} : { flags }),
    ...(relative === undefined ? {} : { relativeFd: relative }),
  })
}

/** The directory of a cgroup, or any other directory, as a descriptor. */
export function openCgroup(kernel: Kernel, path: string): Descriptor {
  const fd = kernel.openRead(path)
  if (fd < 0) throw syscallErrors.make('libc', { call: `open ${path}`, errno: -fd, name: errnoName(-fd) })
  return ownDescriptor(kernel, fd, `cgroup ${path}`)
}

/** BPF_RAW_TRACEPOINT_OPEN: attach tracing programs that name their target (fentry, lsm, tp_btf …), or a raw tracepoint by name. */
export function openRawTracepoint(kernel: Kernel, program: { readonly fd: number }, name?: string): Descriptor {
  const { result } = callBpf(kernel, 'BPF_RAW_TRACEPOINT_OPEN', {
    prog_fd: program.fd,
    ...(name === undefined ? {} : { name: new TextEncoder().encode(`${name}\0`) }),
  })
  return ownDescriptor(kernel, result, 'raw tracepoint')
}

/** BPF_ITER_CREATE and read to the end: what an iterator program printed; `link` is a BPF_TRACE_ITER link. */
export function readIterator(kernel: Kernel, link: { readonly fd: number }): string {
  const { result } = callBpf(kernel, 'BPF_ITER_CREATE', { link_fd: link.fd })
  using file = ownDescriptor(kernel, result, 'iterator')
  return new TextDecoder().decode(kernel.readAll(file.fd, 1 << 16))
}

function attachNumber({ attachType }: AttachPlace): number {
  return typeof attachType === 'string' ? bpfAttachTypes[attachType] : attachType
}
