import { readFileSync } from 'node:fs'
import { assemble, encode } from '@tscc/insn'
import { expect, test } from 'vitest'

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const source = fixture('verifier.s')
// The log names the helper; the number behind it is what the instruction holds.
const log = fixture('verifier-6.18.txt').replace(/call \w+#/, 'call ')

test('the kernel understood what was assembled, and its log assembles to the same', () => {
  const insns = assemble(source)
  expect(insns.length).toBeGreaterThan(60)
  expect(assemble(log)).toEqual(insns)
  expect(encode(assemble(log))).toEqual(encode(insns))
})
