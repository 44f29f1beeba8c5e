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
