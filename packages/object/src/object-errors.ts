import { defineErrors } from '@tscc/core'

/** What can be wrong with an object file, an object, or a link. */
export const objectErrors = defineErrors('object', {
  'not-elf': (c: { what: string; found: string; want: string }) =>
    `${c.what}: not a BPF object, found ${c.found}, want ${c.want}`,
  'bad-object': (c: { what: string; why: string }) => `${c.what}: cannot be written: ${c.why}`,
  'bad-file': (c: { what: string; why: string }) => `${c.what}: ${c.why}`,
  'bad-name': (c: { what: string; at: number; limit: number }) =>
    `${c.what}: its name at ${c.at} is not in the table of ${c.limit} bytes, or does not end`,
  'too-large': (c: { what: string; value: number; limit: number }) =>
    `${c.what}: ${c.value} is above the limit ${c.limit}`,
  'bad-tscc-section': (c: { line: number; why: string }) => `.tscc, line ${c.line}: ${c.why}`,
  'missing-type': (c: { what: string; type: string }) => `${c.what}: the object's BTF lacks ${c.type}`,
})
