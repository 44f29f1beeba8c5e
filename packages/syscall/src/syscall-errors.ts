import { defineErrors, didYouMean } from '@tscc/core'
import type { BpfCommand } from './commands.ts'
import { errnoMeaning } from './errno.ts'
import type { VerifierReport } from './verifier-log.ts'

/** What every failed system call reports: the errno as a number and by name. */
export interface ErrnoContext {
  readonly errno: number
  readonly name: string
}

/** A failed bpf(2) command: `mend` says what to do about it (or is empty), `lastLine` is the last line of the kernel's log. */
export interface BpfErrorContext extends ErrnoContext {
  readonly command: BpfCommand
  readonly mend: string
  readonly lastLine?: string
}

/** A program that the verifier rejected; `program` is its name, or its type where it has none. */
export interface VerifierErrorContext extends ErrnoContext, VerifierReport {
  readonly command: 'BPF_PROG_LOAD'
  readonly program: string
}

/** BTF that the kernel rejected: `reason` is the last line of its log. */
export interface BtfErrorContext extends ErrnoContext {
  readonly command: 'BPF_BTF_LOAD'
  readonly reason: string
  readonly log: string
}

/** Every error that this package throws. */
export const syscallErrors = defineErrors('syscall', {
  'unsupported-platform': (c: { readonly platform: string; readonly arch: string }) =>
    `libc: only Linux on x64 and arm64 has these system calls, found ${c.platform} on ${c.arch}; run this step on a Linux host`,
  'koffi-missing': (c: { readonly platform: string; readonly arch: string }) =>
    `libc: the native module koffi does not load on ${c.platform}-${c.arch}; reinstall with optional dependencies enabled (npm install --include=optional koffi)`,
  prototype: (c: { readonly prototype: string }) =>
    `libc: not a function prototype or not in libc, found '${c.prototype}'`,
  libc: (c: ErrnoContext & { readonly call: string }) => `${c.call}: ${withMeaning(c)}`,
  bpf: (c: BpfErrorContext) => `${c.command}: ${withMeaning(c)}${after(': ', c.lastLine)}${after('; ', c.mend)}`,
  locked: (c: { readonly folder: string }) => `${c.folder}: another process is changing what is pinned there`,
  netlink: (c: ErrnoContext & { readonly request: string; readonly text: string }) =>
    `${c.request}: the kernel answered ${c.name}${c.text === '' ? '' : ` (${c.text})`}`,
  'netlink-reply': (c: { readonly request: string; readonly found: string }) =>
    `${c.request}: expected the kernel's acknowledgement, found ${c.found}`,
  verifier: (c: VerifierErrorContext) =>
    `${c.program}: the verifier rejected it${c.instruction === undefined ? '' : ` at instruction ${c.instruction}`}${after(' ', c.text && `(${c.text})`)}${after(', ', c.source?.file === undefined ? undefined : `${c.source.file}:${c.source.line}`)}: ${c.reason} (${c.name})`,
  btf: (c: BtfErrorContext) => `BPF_BTF_LOAD: ${withMeaning(c)}: ${c.reason}`,
  'map-btf': (c: ErrnoContext & { readonly map: string; readonly reason: string; readonly log: string }) =>
    `map ${c.map}: ${withMeaning(c)}; the kernel refused the object's BTF, which such a map may need: ${c.reason}`,
  'no-vmlinux-btf': (c: ErrnoContext & { readonly path: string }) =>
    `${c.path}: ${withMeaning(c)}; the kernel must be built with CONFIG_DEBUG_INFO_BTF and sysfs be mounted`,
  closed: (c: { readonly what: string }) => `${c.what}: used after close`,
  'out-of-range': (c: {
    readonly field: string
    readonly value: string
    readonly min: number
    readonly max: number | bigint
  }) => `${c.field}: out of range, found ${c.value}, allowed ${c.min} to ${c.max}`,
  size: (c: { readonly what: string; readonly found: number; readonly expected: number }) =>
    `${c.what}: wrong length, found ${c.found} bytes, expected ${c.expected}`,
  name: (c: { readonly field: string; readonly name: string }) =>
    `${c.field}: object names are at most 15 of A-Z a-z 0-9 _ . , found '${c.name}'`,
  'not-mappable': (c: { readonly map: string; readonly type: number; readonly flags: number }) =>
    `map ${c.map}: only an array created with BPF_F_MMAPABLE can be mapped, found type ${c.type}, flags ${c.flags}`,
  'cc-name': (c: { readonly name: string }) =>
    `congestion control: a name is 1 to 15 printable characters without blanks, found ${JSON.stringify(c.name)}`,
  'pin-kind': (c: { readonly path: string; readonly expected: string; readonly found: string }) =>
    `${c.path}: another kind of object is pinned here, found ${c.found}, expected ${c.expected}`,
  'pinned-map-differs': (c: { readonly path: string; readonly found: string; readonly expected: string }) =>
    `${c.path}: the map pinned here is another one, found ${c.found}, expected ${c.expected}; remove the pin or change the name`,
  'no-such-object': (c: { readonly what: string; readonly name: string; readonly nearest: readonly string[] }) =>
    `${c.what} ${c.name}: not found${didYouMean(c.nearest)}`,
  path: (c: { readonly path: string }) => `path: contains a zero byte, found ${JSON.stringify(c.path)}`,
  'cpu-list': (c: { readonly text: string }) => `possible cpus: not a CPU list, found '${c.text}'`,
  unsupported: (c: { readonly what: string; readonly since: string }) =>
    `${c.what}: this kernel does not have it, needs ${c.since} or later`,
})

function withMeaning(c: ErrnoContext): string {
  const text = errnoMeaning(c.errno)
  return text === '' ? c.name : `${c.name} (${text})`
}

function after(separator: string, text: string | undefined): string {
  return text === undefined || text === '' ? '' : `${separator}${text}`
}
