import { defineErrors } from '@tscc/core'

/** Errors of the language surface in plain JavaScript. */
export const bpfErrors = defineErrors('bpf', {
  'not-compiled': (c: { name: string }) =>
    `${c.name}: has a meaning in compiled *.bpf.ts files only; import them through @tscc/compiler/register (node --import)`,
})

/** What every function of the language does in plain JavaScript: there is no kernel behind it. */
export function onlyCompiled(name: string): never {
  throw bpfErrors.make('not-compiled', { name })
}
