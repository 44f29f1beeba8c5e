import { defineErrors, didYouMean } from '@tscc/core'

/** Errors of describing, linking and registering struct_ops. */
export const structOpsErrors = defineErrors('struct-ops', {
  'unknown-callback': (c: { type: string; callback: string; nearest: readonly string[] }) =>
    `${c.type}.${c.callback}: no such callback${didYouMean(c.nearest)}`,
  'unknown-member': (c: { type: string; member: string; nearest: readonly string[] }) =>
    `${c.type}.${c.member}: no such data member${didYouMean(c.nearest)}`,
  'bad-name': (c: { name: string; why: string }) => `name '${c.name}': ${c.why}`,
  'bad-value': (c: { member: string; value: string; size: number }) =>
    `${c.member}: value ${c.value} does not fit ${c.size} bytes`,
  'unknown-argument': (c: { callback: string; argument: string; found: readonly string[] }) =>
    `${c.callback}: the target kernel passes no argument ${c.argument}, it passes (${c.found.join(', ')})`,
  'unknown-enum': (c: { enum: string; name: string; nearest: readonly string[] }) =>
    `${c.enum}.${c.name}: no such enum constant on the target kernel${didYouMean(c.nearest)}`,
  'unknown-kfunc': (c: { name: string }) =>
    `${c.name}: the target kernel has no such kfunc and the program gives no fallback`,
  'field-width': (c: { field: string; size: number; wanted: number }) =>
    `${c.field}: is ${c.size} bytes wide, access is ${c.wanted}`,
  'field-kind': (c: { field: string; kind: string; access: string }) =>
    `${c.field}: is a ${c.kind}, which cannot be ${c.access} as a scalar`,
  'private-range': (c: { offset: number; size: number; limit: number }) =>
    `icsk_ca_priv: bytes ${c.offset}..${c.offset + c.size} are outside the ${c.limit} bytes of private state`,
  registers: (c: { block: string; why: string }) => `${c.block}: ${c.why}`,
  'unknown-prototype': (c: { name: string }) =>
    `${c.name}: the BTF that the program is written against has no such function, so its prototype is not known`,
  'not-portable': (c: { callback: string; step: string; why: string }) =>
    `${c.callback}: '${c.step}' cannot be part of an object: ${c.why}`,
  rejected: (c: { callback: string; step: string; reason: string; log: string }) =>
    `${c.callback}: the verifier refused ${c.step === '' ? 'the program' : `'${c.step}'`}: ${c.reason}`,
  'unsupported-callback': (c: { type: string; callback: string }) =>
    `${c.type}.${c.callback}: the kernel does not let BPF implement this member; leave it out`,
  incomplete: (c: { type: string; name: string; missing: readonly string[] }) =>
    `${c.name}: ${c.type} refused as incomplete, it lacks ${c.missing.join(', ')}`,
  'refused-value': (c: { type: string; name: string; why: string }) => `${c.name}: ${c.type} refused: ${c.why}`,
  exists: (c: { name: string }) =>
    `${c.name}: this name is registered already; unregister it, replace it, or take another name`,
  'not-registered': (c: { name: string; nearest: readonly string[] }) =>
    `${c.name}: no struct_ops of this name or id is registered through BPF${didYouMean(c.nearest)}`,
  'name-changed': (c: { from: string; to: string }) => `${c.to}: a live update must keep the name, which is ${c.from}`,
  'replace-unsupported': (c: { name: string }) =>
    `${c.name}: registered without a link, so it cannot be replaced atomically; unregister it first, or ask for a gap`,
  'not-for-links': (c: { name: string }) =>
    `${c.name}: its map registers by itself, without a link, so no link can take it (EINVAL)`,
  'stale-map': (c: { name: string }) => `${c.name}: the link holds another map than the expected one`,
  'not-loaded': (c: { name: string; callback: string }) => `${c.name}.${c.callback}: its program was not loaded`,
  closed: (c: { name: string }) => `${c.name}: this registration was closed`,
})
