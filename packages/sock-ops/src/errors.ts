import { defineErrors } from '@tscc/core'

/** Every error that this package throws; what the kernel refuses otherwise comes from `syscallErrors`. */
export const sockOpsErrors = defineErrors('sock-ops', {
  address: (c: { readonly field: string; readonly value: string }) =>
    `${c.field}: not an IPv4 or IPv6 address, found ${JSON.stringify(c.value)}`,
  prefix: (c: { readonly field: string; readonly value: string; readonly why: string }) =>
    `${c.field}: not a prefix, found ${JSON.stringify(c.value)}, ${c.why}`,
  'out-of-range': (c: {
    readonly field: string
    readonly value: number
    readonly min: number
    readonly max: number
    readonly unit: string
  }) => `${c.field}: out of range, found ${c.value}, allowed ${c.min} to ${c.max} ${c.unit}`,
  'cc-name': (c: { readonly field: string; readonly name: string }) =>
    `${c.field}: a congestion control has a name of 1 to 15 printable characters, found ${JSON.stringify(c.name)}`,
  duplicate: (c: { readonly rule: string; readonly other: string }) =>
    `${c.rule}: the same connections as ${c.other}; a prefix and a port can have one rule`,
  full: (c: { readonly map: string; readonly limit: number }) =>
    `${c.map}: full, limit ${c.limit} entries; remove some first`,
  'not-cgroup': (c: { readonly path: string }) =>
    `${c.path}: not a directory of cgroup v2 (mount -t cgroup2 none DIRECTORY)`,
  'rule-name': (c: { readonly field: string; readonly name: string; readonly why?: string }) =>
    `${c.field}: ${c.why ?? 'a rule has a name of 1 to 31 of A-Z a-z 0-9 _ . -'}, found ${JSON.stringify(c.name)}`,
  'policy-version': (c: { readonly folder: string; readonly map: string }) =>
    `${c.folder}: made by another version of tscc (${c.map} differs); take it away with tscc use --clear, then apply it again`,
  closed: (c: { readonly what: string }) => `${c.what}: used after close`,
})
