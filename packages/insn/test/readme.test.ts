import { readFileSync } from 'node:fs'
import * as insn from '@tscc/insn'
import { expect, test } from 'vitest'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const rows = readme.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| constructor'))
const [names, texts, levels] = [1, 2, 3].map((column) =>
  rows.map((row) => row.replaceAll('\\|', '¦').split('|')[column]?.replaceAll('¦', '|').trim() ?? ''),
)
const codeOf = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')

test('every text of the table is an instruction in its own form, of the level that the row names', () => {
  for (const [index, cell] of (texts ?? []).entries()) {
    for (const text of codeOf(cell).filter((code) => !code.endsWith(':'))) {
      const [found] = insn.assemble(text)
      if (found === undefined) throw new Error(text)
      expect([insn.insnText(found), insn.insnText(found, { style: 'alu32' })]).toContain(text)
      expect(levels?.[index]).toContain(insn.cpuOf(found))
    }
  }
})

test('every constructor of the package is in the table', () => {
  const words = new Set((names ?? []).flatMap(codeOf).flatMap((code) => code.match(/\w+/g) ?? []))
  const constructors = Object.keys(insn).filter(
    (name) =>
      !/^(placeLabels|encode|decode|disassemble|assemble|insn\w+|cpuOf|featureOf|rowOf|isaTable|oppositeJump)$/.test(
        name,
      ) && !(name.endsWith('32') && words.has(name.slice(0, -2))),
  )
  expect(constructors.filter((name) => !words.has(name))).toEqual([])
})
