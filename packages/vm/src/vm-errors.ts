import { defineErrors, didYouMean } from '@tscc/core'

const hex = (address: bigint): string => `0x${address.toString(16)}`
/** Where a fault is: the slot as disassemblers number it. */
const at = (c: { program: string; insn: number }): string => `${c.program}: insn ${c.insn}`

/**
 * Every error of this package. Faults of a running program name it and its instruction (`insn` is the slot of 8 bytes, as
 * disassemblers number them); the others are of loading and of the machine.
 */
export const vmErrors = defineErrors('vm', {
  'bad-access': (c: {
    program: string
    insn: number
    access: 'read' | 'write'
    address: bigint
    size: number
    /** What the address points into or beside, and how much of that may be accessed so. */
    region?: { readonly name: string; readonly offset: number; readonly limit: number }
  }) =>
    `${at(c)}: ${c.access} of ${c.size} bytes at ${hex(c.address)}${
      c.region === undefined
        ? ', which is in no region'
        : `: offset ${c.region.offset} of ${c.region.name}, limit ${c.region.limit} bytes for a ${c.access}`
    }`,
  budget: (c: { program: string; insn: number; budget: number }) =>
    `${at(c)}: the budget is spent, limit ${c.budget} instructions`,
  'stack-depth': (c: { program: string; insn: number; limit: number }) =>
    `${at(c)}: call depth exceeded, limit ${c.limit} frames`,
  'bad-argument': (c: { program: string; insn: number; what: string; value: bigint }) =>
    `${at(c)}: argument ${hex(c.value)} is not ${c.what}`,
  'host-function': (c: { program: string; insn: number; name: string }) => `${at(c)}: ${c.name} failed`,
  'bad-jump': (c: { program: string; insn: number; target: number; slots: number }) =>
    `${at(c)}: jump to slot ${c.target}, which starts no instruction of its function, program has ${c.slots} slots`,
  'no-exit': (c: { program: string; insn: number }) =>
    `${at(c)}: the function ends with it, expected exit, goto or gotol`,
  empty: (c: { program: string }) => `${c.program}: no instructions`,
  'too-long': (c: { program: string; length: number; limit: number }) =>
    `${c.program}: ${c.length} instructions, limit ${c.limit}`,
  'unknown-helper': (c: { program: string; insn: number; helper: number }) =>
    `${at(c)}: helper ${c.helper} is not among the machine's`,
  'unknown-kfunc': (c: { program: string; insn: number; kfunc: string; nearest: readonly string[] }) =>
    `${at(c)}: kfunc ${c.kfunc} is not among the machine's${didYouMean(c.nearest)}`,
  'unknown-map': (c: { program: string; insn: number; map: number }) =>
    `${at(c)}: map ${c.map} is not among those given`,
  'no-value': (c: { program: string; insn: number; map: string }) =>
    `${at(c)}: map ${c.map} has no value with a fixed place`,
  'unknown-variable': (c: { program: string; insn: number; btfId: number }) =>
    `${at(c)}: no address was given for the kernel variable of BTF id ${c.btfId}`,
  'bad-map': (c: { map: string; field: string; value: number; expected: string }) =>
    `map ${c.map}: ${c.field} is ${c.value}, expected ${c.expected}`,
  'map-type': (c: { map: string; type: number }) => `map ${c.map}: type ${c.type} is not supported`,
  'bad-size': (c: { what: string; size: number; expected: number }) =>
    `${c.what}: ${c.size} bytes, expected ${c.expected}`,
  'out-of-memory': (c: { what: string; size: number; free: number }) =>
    `${c.what}: needs ${c.size} bytes, free are ${c.free}`,
  'out-of-regions': (c: { what: string; limit: number }) => `${c.what}: no region is free, limit ${c.limit}`,
  closed: (c: { what: string }) => `${c.what}: was closed`,
  'unknown-program': (c: { name: string; nearest: readonly string[] }) =>
    `program ${c.name}: is not in the object${didYouMean(c.nearest)}`,
  jit: (c: { program: string }) => `${c.program}: WebAssembly refuses the translation`,
})
