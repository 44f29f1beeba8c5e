import { bpfProgramTypes } from './bpf-types.ts'
import type { Kernel } from './kernel.ts'
import { kernelRelease, olderThan } from './kernel-release.ts'

/** The capabilities that BPF work needs, with their bit in CapEff (include/uapi/linux/capability.h). */
export const capabilityBits = {
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const

/** A capability by its kernel name. */
export type Capability = keyof typeof capabilityBits

/** The CapEff mask of `/proc/<pid>/status`; undefined when the text has none. */
export function parseCapabilities(status: string): bigint | undefined {
  const match = /^CapEff:[ \t]*([0-9a-f]{1,16})$/m.exec(status)
  return match?.[1] === undefined ? undefined : BigInt(`0x${match[1]}`)
}

/** The effective capabilities of this process; undefined where procfs cannot be read. */
export function effectiveCapabilities(kernel: Kernel): ReadonlySet<Capability> | undefined {
  const status = kernel.readFile('/proc/self/status')
  const mask = status === undefined ? undefined : parseCapabilities(new TextDecoder().decode(status))
  if (mask === undefined) return undefined
  const held = new Set<Capability>()
  for (const [name, bit] of capabilityEntries) if (((mask >> BigInt(bit)) & 1n) === 1n) held.add(name)
  return held
}

const capabilityEntries: readonly (readonly [Capability, number])[] = [
  ['CAP_NET_ADMIN', capabilityBits.CAP_NET_ADMIN],
  ['CAP_NET_RAW', capabilityBits.CAP_NET_RAW],
  ['CAP_SYS_ADMIN', capabilityBits.CAP_SYS_ADMIN],
  ['CAP_SYS_RESOURCE', capabilityBits.CAP_SYS_RESOURCE],
  ['CAP_PERFMON', capabilityBits.CAP_PERFMON],
  ['CAP_BPF', capabilityBits.CAP_BPF],
]

/** Which of `needed` are missing: CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON (bpf_capable() of linux/capability.h). */
export function missingCapabilities(
  held: ReadonlySet<Capability>,
  needed: readonly Capability[],
): readonly Capability[] {
  return needed.filter(
    (name) => !held.has(name) && !(held.has('CAP_SYS_ADMIN') && (name === 'CAP_BPF' || name === 'CAP_PERFMON')),
  )
}

const programTypes = (...names: readonly (keyof typeof bpfProgramTypes)[]): ReadonlySet<number> =>
  new Set(names.map((name) => bpfProgramTypes[name]))

/** is_perfmon_prog_type() of kernel/bpf/syscall.c. */
const perfmonTypes = programTypes(
  'BPF_PROG_TYPE_KPROBE',
  'BPF_PROG_TYPE_TRACEPOINT',
  'BPF_PROG_TYPE_PERF_EVENT',
  'BPF_PROG_TYPE_RAW_TRACEPOINT',
  'BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE',
  'BPF_PROG_TYPE_TRACING',
  'BPF_PROG_TYPE_LSM',
  'BPF_PROG_TYPE_STRUCT_OPS',
  'BPF_PROG_TYPE_EXT',
)

/** is_net_admin_prog_type() of kernel/bpf/syscall.c. */
const netAdminTypes = programTypes(
  'BPF_PROG_TYPE_SCHED_CLS',
  'BPF_PROG_TYPE_SCHED_ACT',
  'BPF_PROG_TYPE_XDP',
  'BPF_PROG_TYPE_LWT_IN',
  'BPF_PROG_TYPE_LWT_OUT',
  'BPF_PROG_TYPE_LWT_XMIT',
  'BPF_PROG_TYPE_LWT_SEG6LOCAL',
  'BPF_PROG_TYPE_SK_SKB',
  'BPF_PROG_TYPE_SK_MSG',
  'BPF_PROG_TYPE_FLOW_DISSECTOR',
  'BPF_PROG_TYPE_CGROUP_DEVICE',
  'BPF_PROG_TYPE_CGROUP_SOCK',
  'BPF_PROG_TYPE_CGROUP_SOCK_ADDR',
  'BPF_PROG_TYPE_CGROUP_SOCKOPT',
  'BPF_PROG_TYPE_CGROUP_SYSCTL',
  'BPF_PROG_TYPE_SOCK_OPS',
  'BPF_PROG_TYPE_EXT',
  'BPF_PROG_TYPE_NETFILTER',
)

/** What it takes to load a program of one type, from 5.8. */
export function programCapabilities(type: number): readonly Capability[] {
  return [
    'CAP_BPF',
    ...(perfmonTypes.has(type) ? (['CAP_PERFMON'] as const) : []),
    ...(netAdminTypes.has(type) ? (['CAP_NET_ADMIN'] as const) : []),
  ]
}

/** What to do about EPERM of something that takes `needed`, as the end of a sentence. */
export function permissionMend(kernel: Kernel, needed: readonly Capability[]): string {
  const held = effectiveCapabilities(kernel)
  if (held === undefined) return needed.length === 0 ? 'run as root' : `run with ${needed.join(' and ')}, or as root`
  const missing = missingCapabilities(held, needed)
  if (missing.length > 0) {
    const old = olderThan(kernelRelease(kernel), '5.8') ? ' (before 5.8 that is CAP_SYS_ADMIN)' : ''
    return `this process lacks ${missing.join(' and ')}${old}; run it with these capabilities or as root`
  }
  return 'the capabilities are held: a user namespace, a seccomp filter, kernel lockdown or (before 5.11) RLIMIT_MEMLOCK forbids it'
}
