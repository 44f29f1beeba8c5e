import { defineErrors, didYouMean } from '@tscc/core'

/** Errors of reading, querying and writing BTF; every one of them can be caused by input. */
export const btfErrors = defineErrors('btf', {
  magic: (c: { found: number }) => `header.magic: found 0x${c.found.toString(16)}, want 0xeb9f in either byte order`,
  unsupported: (c: { field: string; found: number; want: string }) => `${c.field}: found ${c.found}, want ${c.want}`,
  truncated: (c: { field: string; at: number; need: number; have: number }) =>
    `${c.field}: needs ${c.need} bytes at offset ${c.at}, input has ${Math.max(0, c.have)} left`,
  'too-large': (c: { field: string; value: number; limit: number }) =>
    `${c.field}: ${c.value} is above the limit ${c.limit}`,
  'unknown-kind': (c: { id: number; kind: number }) =>
    `type ${c.id}: kind ${c.kind} is unknown and the header has no layout that tells its length`,
  'bad-string': (c: { offset: number; limit: number }) =>
    `string offset ${c.offset}: outside the string section, which ends at ${c.limit}`,
  'bad-type-id': (c: { id: number; count: number }) => `type ${c.id}: no such type id, the last one is ${c.count}`,
  'unknown-type': (c: { name: string; kind: string | undefined }) =>
    `type ${c.name}: not found${c.kind === undefined ? '' : ` as a ${c.kind}`}`,
  'unknown-struct-ops': (c: { type: string; nearest: readonly string[] }) =>
    `${c.type}: the kernel's BTF has no such struct_ops type${didYouMean(c.nearest)}`,
  'bad-struct-ops': (c: { type: string; what: string }) => `${c.type}: unusable struct_ops BTF: ${c.what}`,
  'wrong-kind': (c: { id: number; found: string; want: string }) => `type ${c.id}: is a ${c.found}, want ${c.want}`,
  'too-deep': (c: { id: number; limit: number }) =>
    `type ${c.id}: chain of types is longer than ${c.limit} or refers to itself`,
  'no-size': (c: { id: number; found: string }) => `type ${c.id}: a ${c.found} has no size`,
  'bad-path': (c: { path: string; at: number; want: string }) =>
    `field path ${JSON.stringify(c.path)}: expected ${c.want} at position ${c.at}`,
  'unknown-field': (c: { type: string; field: string; nearest: readonly string[] }) =>
    `${c.type}.${c.field}: no such field${didYouMean(c.nearest)}`,
  'ambiguous-field': (c: { type: string; field: string; paths: readonly string[] }) =>
    `${c.type}.${c.field}: found more than once among embedded structs (${c.paths.join(', ')})`,
  'not-a-struct': (c: { path: string; found: string }) =>
    `${c.path}: is a ${c.found}, want a struct or union (pointers are not followed)`,
  'not-an-array': (c: { path: string; found: string }) => `${c.path}: is a ${c.found}, want an array`,
  'bad-index': (c: { path: string; index: number; length: number }) =>
    `${c.path}: index ${c.index} is outside 0..${c.length - 1}`,
  'bad-bitfield': (c: { path: string; bitOffset: number; bitSize: number }) =>
    `${c.path}: bitfield of ${c.bitSize} bits at bit ${c.bitOffset} does not fit an aligned load of 8 bytes`,
  'bad-elf': (c: { field: string; found: number | string; want: string }) =>
    `elf.${c.field}: found ${c.found}, want ${c.want}`,
  'no-btf-section': (c: { sections: number }) => `elf: none of the ${c.sections} sections is named .BTF`,
  'bad-layout': (c: { kind: number; infoSize: number; elementSize: number }) =>
    `layout of kind ${c.kind}: sizes ${c.infoSize} and ${c.elementSize} are not multiples of 4`,
  'out-of-range': (c: { field: string; value: number | bigint; min: number | bigint; max: number | bigint }) =>
    `${c.field}: value ${c.value} is outside ${c.min}..${c.max}`,
  'bad-name': (c: { field: string }) => `${c.field}: a name cannot hold a zero byte`,
})
