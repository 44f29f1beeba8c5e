import { type BpfCommand, bpfCommands } from './commands.ts'
import type { Kernel } from './kernel.ts'

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

/** What to do about EPERM of one command, as the end of a sentence. */
export function permissionMend(kernel: Kernel, command: BpfCommand): string {
  const held = effectiveCapabilities(kernel)
  const needed = bpfCommands[command].capabilities
  if (held === undefined) return needed.length === 0 ? 'run as root' : `run with ${needed.join(' and ')}, or as root`
  const missing = missingCapabilities(held, needed)
  if (missing.length > 0) {
    const names = missing.join(' and ')
    return `this process lacks ${names}; run it with ${names.replace('CAP_BPF and CAP_PERFMON', 'CAP_BPF and CAP_PERFMON (CAP_SYS_ADMIN before 5.8)')}, or as root`
  }
  return 'the capabilities are held: a user namespace, a seccomp filter, kernel lockdown or (before 5.11) RLIMIT_MEMLOCK forbids it'
}
