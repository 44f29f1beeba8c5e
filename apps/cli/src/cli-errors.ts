import { defineErrors, didYouMean } from '@tscc/core'
import type { Rejection, ShownDiagnostic } from './algorithm/source-mistakes.ts'

/** Errors of the command line itself; those of the packages pass through it as they are. */
export const cliErrors = defineErrors('cli', {
  usage: (c: { readonly message: string; readonly command: string; readonly hint: string }) => c.message,
  file: (c: { readonly path: string; readonly action: 'read' | 'write'; readonly name: string }) =>
    `${c.path}: cannot ${c.action} it, ${c.name}`,
  'unknown-algorithm': (c: { readonly name: string; readonly nearest: readonly string[] }) =>
    `${c.name}: no algorithm of tscc and no module has this name${didYouMean(c.nearest)}`,
  simulation: (c: { readonly run: number; readonly why: string }) => `run ${c.run}: ${c.why}`,
  'bad-module': (c: { readonly path: string; readonly why: string }) => `${c.path}: ${c.why}`,
  'bad-object': (c: { readonly path: string; readonly why: string }) => `${c.path}: ${c.why}`,
  diagnostics: (c: { readonly path: string; readonly diagnostics: readonly ShownDiagnostic[] }) =>
    `${c.path}: ${c.diagnostics.length === 1 ? '1 error' : `${c.diagnostics.length} errors`}`,
  rejected: (c: Rejection) =>
    `${c.file}:${c.line}${c.column === 0 ? '' : `:${c.column}`} error: the verifier: ${c.complaint}`,
  several: (c: { readonly path: string; readonly names: readonly string[] }) =>
    `${c.path}: it has several algorithms (${c.names.join(', ')})`,
  'needs-type-stripping': (c: { readonly path: string; readonly node: string }) =>
    `${c.path}: Node ${c.node} does not run TypeScript`,
  'not-found': (c: { readonly what: string; readonly name: string; readonly nearest: readonly string[] }) =>
    `${c.what} ${c.name}: not found${didYouMean(c.nearest)}`,
  'not-code': (c: { readonly path: string; readonly found: string }) => `${c.path}: ${c.found}`,
  'no-bpffs': (c: { readonly path: string }) =>
    `${c.path}: no BPF file system is mounted there, so nothing can be pinned`,
  'no-parser': (c: { readonly why: string }) => `oxc-parser: its native part cannot be loaded: ${c.why}`,
  'not-linux': (c: { readonly what: string; readonly platform: string }) =>
    `${c.what}: needs Linux, this is ${c.platform}`,
  'no-congestion-control': (c: { readonly names: readonly string[] }) =>
    `${c.names.join(', ')}: the kernel has no congestion control of ${c.names.length === 1 ? 'this name' : 'these names'}`,
  'rules-file': (c: { readonly path: string; readonly mistakes: readonly string[] }) => c.mistakes.join('\n'),
  'no-rule': (c: { readonly name: string; readonly nearest: readonly string[] }) =>
    `${c.name}: the policy has no rule of this name${didYouMean(c.nearest)}`,
  'no-kernel-btf': (_: Readonly<Record<never, never>>) => '/sys/kernel/btf/vmlinux: this kernel offers no BTF',
})
