import { defineErrors } from '@tscc/core'
import { errnoMeaning, errnoName } from './errno.ts'

/** What every failed system call reports: the errno as a number and by name. */
export interface ErrnoContext {
  readonly errno: number
  readonly name: string
}

/** Every error that this package throws. */
export const syscallErrors = defineErrors('syscall', {
  'unsupported-platform': (c: { readonly platform: string; readonly arch: string }) =>
    `libc: only Linux on x64 and arm64 has these system calls, found ${c.platform} on ${c.arch}; run this step on a Linux host`,
  'koffi-missing': (c: { readonly platform: string; readonly arch: string }) =>
    `libc: the native module koffi does not load on ${c.platform}-${c.arch}; reinstall with optional dependencies enabled (npm install --include=optional koffi)`,
  prototype: (c: { readonly prototype: string }) =>
    `libc: not a function prototype or not in libc, found '${c.prototype}'`,
  libc: (c: ErrnoContext & { readonly call: string }) => `${c.call}: ${c.name}${meaning(c.errno)}`,
})

function meaning(errno: number): string {
  const text = errnoMeaning(errno)
  return text === '' || errnoName(errno) === text ? '' : ` (${text})`
}
