import { callBpf } from './bpf-call.ts'
import { type BpfAttachType, bpfAttachTypes } from './bpf-types.ts'
import { type Descriptor, extendDescriptor, ownDescriptor } from './descriptor.ts'
import type { Kernel } from './kernel.ts'

const BPF_F_REPLACE = 1 << 2

/** A link to create: a program attached to a target, or a STRUCT_OPS map (`fd`) registered by BPF_STRUCT_OPS. */
export interface LinkSpec {
  /** The program, or for `BPF_STRUCT_OPS` the map (created with BPF_F_LINK and updated once). */
  readonly fd: number
  readonly attachType: BpfAttachType | number
  /** What to attach to: a cgroup, a network namespace, an interface index; none for struct_ops. */
  readonly target?: number
  readonly flags?: number
  /** Function or type in the target to attach to, for tracing and freplace. */
  readonly targetBtfId?: number
  /** With BPF_F_BEFORE or BPF_F_AFTER: the program that it goes beside (6.6; cgroups 6.17). */
  readonly relativeFd?: number
}

/** An attachment and its owner: closing the last descriptor of an unpinned link detaches. */
export interface Link extends Descriptor {
  readonly kind: 'link'
  readonly kernel: Kernel
}

/** BPF_LINK_CREATE (5.7; struct_ops 6.4). */
export function createLink(kernel: Kernel, spec: LinkSpec): Link {
  const { attachType } = spec
  const { result } = callBpf(kernel, 'BPF_LINK_CREATE', {
    prog_fd: spec.fd,
    target_fd: spec.target,
    attach_type: typeof attachType === 'string' ? bpfAttachTypes[attachType] : attachType,
    flags: spec.flags,
    // One place in the kernel's union, for kinds of links that have the one or the other.
    target_btf_id: spec.targetBtfId ?? spec.relativeFd,
  })
  return ownLink(kernel, result)
}

/**
 * BPF_LINK_UPDATE: put another program (or struct_ops map) in the link's place, atomically.
 *
 * With `expectedFd` only if that one is in place (BPF_F_REPLACE), otherwise the kernel answers EPERM.
 */
export function updateLink(link: Link, fd: number, options: { readonly expectedFd?: number } = {}): void {
  const { expectedFd } = options
  callBpf(link.kernel, 'BPF_LINK_UPDATE', {
    link_fd: link.fd,
    new_prog_fd: fd,
    ...(expectedFd === undefined ? {} : { flags: BPF_F_REPLACE, old_prog_fd: expectedFd }),
  })
}

/** BPF_LINK_DETACH: detach now, whoever else holds the link; the descriptor stays open. */
export function detachLink(link: Link): void {
  callBpf(link.kernel, 'BPF_LINK_DETACH', { link_fd: link.fd })
}

/** Own a link descriptor that came from elsewhere (by id, from a pin). */
export function ownLink(kernel: Kernel, fd: number): Link {
  return extendDescriptor(ownDescriptor(kernel, fd, 'link'), { kind: 'link' as const, kernel })
}
