import { defineErrors } from '@tscc/core'

/** What can be wrong with an object file, an object, or a link. */
export const objectErrors = defineErrors('object', {
  truncated: (c: { field: string; at: number; need: number; have: number }) =>
    `${c.field}: ends early, needs ${c.need} bytes at ${c.at}, has ${c.have}`,
  'not-elf': (c: { what: string; found: string; want: string }) =>
    `${c.what}: not a BPF object, found ${c.found}, want ${c.want}`,
  'bad-object': (c: { what: string; why: string }) => `${c.what}: cannot be written: ${c.why}`,
  'bad-tscc-section': (c: { line: number; why: string }) => `.tscc, line ${c.line}: ${c.why}`,
  'missing-type': (c: { what: string; type: string }) => `${c.what}: the object's BTF lacks ${c.type}`,
})
