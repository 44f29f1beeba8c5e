import { defineErrors } from '@tscc/core'

/** What the page can refuse. */
export const playgroundErrors = defineErrors('playground', {
  field: (c: { field: string; found: string; limit: string }) => `${c.field}: found '${c.found}', want ${c.limit}`,
  problems: (c: { count: number }) => `program: has ${c.count} ${c.count === 1 ? 'problem' : 'problems'}, want none`,
})
