import { defineErrors, didYouMean } from '@tscc/core'

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
  'bad-core': (c: { why: string }) => `CO-RE relocation: ${c.why}`,
  'bad-relocation': (c: { function: string; at: number; why: string }) =>
    `${c.function}, instruction slot ${c.at}: ${c.why}`,
  'unresolved-extern': (c: { kind: string; name: string; why: string }) => `${c.kind} ${c.name}: ${c.why}`,
  'struct-ops-member': (c: { type: string; member: string; why: string }) => `${c.type}.${c.member}: ${c.why}`,
  'unknown-argument': (c: { callback: string; argument: string; found: readonly string[] }) =>
    `${c.callback}: the target kernel passes no argument ${c.argument}, it passes (${c.found.join(', ')})`,
  'unknown-section': (c: { function: string; section: string; nearest: readonly string[] }) =>
    `${c.function}: section ${c.section} names no type of program${didYouMean(c.nearest)}`,
  'unknown-target': (c: { function: string; target: string; kind: string }) =>
    `${c.function}: the target kernel has no ${c.kind} ${c.target} to attach to`,
  'not-linkable': (c: { what: string; why: string }) => `${c.what}: ${c.why}`,
  'bad-value': (c: { what: string; why: string }) => `${c.what}: ${c.why}`,
  'no-such-part': (c: { what: string; name: string; nearest: readonly string[] }) =>
    `the object has no ${c.what} ${c.name}${didYouMean(c.nearest)}`,
  'missing-type': (c: { what: string; type: string }) => `${c.what}: the object's BTF lacks ${c.type}`,
})
