import { defineErrors } from '@tscc/core'

/** Every error of reading what an experiment is to be. */
export const experimentErrors = defineErrors('experiment', {
  scenario: (c: { readonly field: string; readonly value: string; readonly limit: string }) =>
    `scenario.${c.field}: found ${c.value}, must be ${c.limit}`,
})
