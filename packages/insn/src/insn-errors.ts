import { defineErrors, didYouMean } from '@tscc/core'

/** Where an error is: the instruction's index in its program, where there is one. */
const at = (index: number | undefined): string => (index === undefined ? 'insn' : `insn ${index}`)

/** Every error of this package; `index` counts instructions or items of the input, `slot` 8-byte slots, `line` from 1. */
export const insnErrors = defineErrors('insn', {
  'out-of-range': (c: {
    index?: number | undefined
    insn: string
    field: string
    value: number | bigint
    min: number | bigint
    max: number | bigint
  }) => `${at(c.index)}: ${c.field} of ${c.insn} is ${c.value}, outside ${c.min}..${c.max}`,
  'bad-operand': (c: { index?: number | undefined; insn: string; field: string; value: unknown; expected: string }) =>
    `${at(c.index)}: ${c.field} of ${c.insn} is ${String(c.value)}, expected ${c.expected}`,
  'read-only-register': (c: { index?: number | undefined; insn: string; field: string }) =>
    `${at(c.index)}: ${c.field} of ${c.insn} is r10, the read-only frame pointer, expected r0..r9`,
  'unknown-insn': (c: { index?: number | undefined; found: string }) =>
    `${at(c.index)}: no instruction is ${c.found} in the table`,
  'unknown-opcode': (c: { index: number; slot: number; opcode: number }) =>
    `insn ${c.index}: unknown opcode 0x${c.opcode.toString(16).padStart(2, '0')} at slot ${c.slot}`,
  reserved: (c: { index: number; slot: number; opcode: number; src: number; dst: number; off: number; imm: number }) =>
    `insn ${c.index}: opcode 0x${c.opcode.toString(16).padStart(2, '0')} at slot ${c.slot} has a reserved field set, found dst ${c.dst}, src ${c.src}, off ${c.off}, imm ${c.imm}`,
  'bad-register': (c: { index: number; slot: number; field: string; value: number }) =>
    `insn ${c.index}: ${c.field} register at slot ${c.slot} is ${c.value}, limit 10`,
  truncated: (c: { index: number; slot: number }) =>
    `insn ${c.index}: 64-bit immediate at slot ${c.slot} lacks its second slot`,
  'bad-length': (c: { length: number }) => `program: length ${c.length} is not a multiple of 8 bytes`,
  'duplicate-label': (c: { index: number; label: string }) => `label ${c.label}: defined again at item ${c.index}`,
  'unknown-label': (c: { index: number; label: string; nearest: readonly string[] }) =>
    `label ${c.label}: not defined, needed at item ${c.index}${didYouMean(c.nearest)}`,
  'jump-too-far': (c: { index: number; target: string | number; distance: number; min: number; max: number }) =>
    `insn ${c.index}: jump to ${c.target} spans ${c.distance} slots, outside ${c.min}..${c.max}; the long form needs cpu v4`,
  cpu: (c: { index: number; insn: string; needs: string; cpu: string }) =>
    `insn ${c.index}: ${c.insn} needs cpu ${c.needs}, allowed is ${c.cpu}`,
  syntax: (c: { line: number; text: string }) => `line ${c.line}: not an instruction: ${c.text}`,
  'bad-line': (c: { line: number; text: string; why: string }) => `line ${c.line}: ${c.why}: ${c.text}`,
})
