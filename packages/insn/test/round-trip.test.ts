import { assemble, decode, disassemble, encode, insnText, isaTable } from '@tscc/insn'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyInsn, insnOfRow } from './arbitrary-insn.ts'

// Numeric targets that leave the program stay as they are, so single instructions may jump anywhere.

describe.each(isaTable.map((row) => [row.name, row] as const))('%s', (_, row) => {
  test('text and bytes both ways', () => {
    fc.assert(
      fc.property(insnOfRow(row), (insn) => {
        expect(assemble(insnText(insn))).toEqual([insn])
        expect(assemble(insnText(insn, { style: 'alu32' }))).toEqual([insn])
        expect(decode(encode([insn]))).toEqual([insn])
      }),
      { numRuns: 30 },
    )
  })
})

test('whole programs', () => {
  fc.assert(
    fc.property(fc.array(anyInsn, { maxLength: 40 }), fc.constantFrom('little', 'big'), (insns, endian) => {
      expect(assemble(disassemble(insns))).toEqual(insns)
      expect(assemble(disassemble(insns, { numbers: true, annotate: (index) => `note ${index}` }))).toEqual(insns)
      expect(decode(encode(insns, { endian }), { endian })).toEqual(insns)
    }),
    { numRuns: 300 },
  )
})
