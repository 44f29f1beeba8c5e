import { defineErrors } from '@tscc/core'

/** Every error of the simulator. */
export const simErrors = defineErrors('sim', {
  path: (c: { readonly field: string; readonly value: string; readonly limit: string }) =>
    `path.${c.field}: found ${c.value}, must be ${c.limit}`,
  trace: (c: { readonly line: number; readonly found: string; readonly limit: string }) =>
    `trace: line ${c.line}: found ${c.found}, must be ${c.limit}`,
  kernel: (c: { readonly release: string; readonly known: string }) =>
    `kernel: found ${c.release}, must be one of ${c.known}, or BTF of your own`,
  'no-algorithm': (c: { readonly object: string; readonly found: string }) =>
    `${c.object}: has no tcp_congestion_ops, found ${c.found}`,
  callback: (c: { readonly algorithm: string; readonly callback: string }) =>
    `${c.algorithm}: ${c.callback} is missing, which the kernel needs too`,
  write: (c: {
    readonly algorithm: string
    readonly callback: string
    readonly field: string
    readonly kernel: string
  }) => `${c.algorithm}: ${c.callback} writes ${c.field}, which Linux ${c.kernel} does not let programs write`,
  aborted: (_: Readonly<Record<never, never>>) => 'simulation: stopped by its caller',
  expectation: (c: { readonly what: string; readonly found: string; readonly limit: string }) =>
    `${c.what}: found ${c.found}, must be ${c.limit}`,
})
