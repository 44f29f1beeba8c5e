import { defineErrors } from '@tscc/core'

/** Every error that an experiment ends with. */
export const labErrors = defineErrors('lab', {
  aborted: (_: Readonly<Record<never, never>>) => 'experiment: stopped by its caller',
  'missing-privilege': (c: { readonly what: string; readonly mend: string }) =>
    `experiment: this process lacks ${c.what}; ${c.mend}`,
  host: (c: { readonly role: string; readonly request: string; readonly code: string; readonly message: string }) =>
    `${c.role}: ${c.message}`,
  'host-died': (c: { readonly role: string; readonly status: string; readonly stderr: string }) =>
    `${c.role}: its process ended in the middle of the experiment with ${c.status}${c.stderr === '' ? '' : `: ${c.stderr}`}`,
  connect: (c: { readonly cc: string; readonly address: string; readonly name: string }) =>
    `${c.cc}: no connection to ${c.address}, ${c.name}`,
  'no-algorithm': (c: { readonly cc: string; readonly name: string }) =>
    `${c.cc}: setsockopt(TCP_CONGESTION) answered ${c.name}; the kernel has no such congestion control`,
  'connection-lost': (c: { readonly cc: string; readonly flow: number; readonly reason: string }) =>
    `${c.cc}: flow ${c.flow} lost its connection, ${c.reason}`,
  scenario: (c: { readonly field: string; readonly value: string; readonly limit: string }) =>
    `scenario.${c.field}: found ${c.value}, must be ${c.limit}`,
  'no-netem': (c: { readonly reason: string }) =>
    `link: netem was asked for, but ${c.reason}; the user-space link ('user' or 'auto') works here`,
  'not-qdisc': (c: { readonly label: string; readonly found: string }) =>
    `${c.label}: a link is made of one Qdisc_ops, found ${c.found}`,
  'no-qdisc-ops': (c: { readonly label: string; readonly release: string }) =>
    `${c.label}: found Linux ${c.release}, which takes no Qdisc_ops; must be 6.17 or newer, built with CONFIG_NET_SCH_BPF`,
  'qdisc-ecn': (c: { readonly label: string; readonly threshold: number }) =>
    `${c.label}: the path marks CE above ${c.threshold} bytes, but the kernel lets no qdisc in BPF write packets; the user-space link ('user') marks them`,
  'qdisc-tunable': (c: {
    readonly label: string
    readonly name: string
    readonly type: string
    readonly unit: string
  }) => `${c.label}: has no tunable ${c.name} (${c.type}, ${c.unit}), which the path has`,
  'qdisc-limit': (c: { readonly label: string; readonly limit: number; readonly needed: number }) =>
    `${c.label}: the path holds up to ${c.needed} packets, must be at most ${c.limit}, the program's limit`,
  'no-link': (_: Readonly<Record<never, never>>) => 'router: the user-space link was not started',
  checksum: (c: { readonly frames: number }) =>
    `user-space link: ${c.frames} frames came without a checksum; transmit checksum offload is on in a host`,
  sweep: (c: { readonly path: string; readonly reason: string }) =>
    `${c.path}: no notes can be kept there, ${c.reason}`,
  device: (c: { readonly device: string }) => `${c.device}: no such network device in this namespace`,
})

/** `lab/missing-privilege` for a capability and what needs it. */
export function missingPrivilege(
  capability: string,
  use: string,
): ReturnType<typeof labErrors.make<'missing-privilege'>> {
  return labErrors.make('missing-privilege', { what: `${capability} (for ${use})`, mend: 'run it as root' })
}
