import { defineErrors } from '@tscc/core'

/** Wrong uses of the compiler; mistakes in programs are diagnostics. */
export const compilerErrors = defineErrors('compiler', {
  'no-parser': (_: object) => 'compile: there is no native parser here, want the option parse',
})
