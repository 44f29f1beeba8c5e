import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compileFile } from '@tscc/compiler/node'
import { expect, test } from 'vitest'

const folder = fileURLToPath(new URL('../programs', import.meta.url))
const algorithms = fileURLToPath(new URL('../../../algos/src', import.meta.url))

// What makes a step with properties of its own, or in another order, makes every look at every step slower.
test.each(['v1', 'v3', 'v4'] as const)('steps of optimised programs for cpu %s have four layouts', (cpu) => {
  const layouts = { step: new Set<string>(), end: new Set<string>(), block: new Set<string>() }
  const files = [folder, algorithms].flatMap((at) =>
    readdirSync(at, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.bpf.ts'))
      .map((name) => `${at}/${name}`),
  )
  for (const file of files)
    for (const { ir } of compileFile(file, { cpu }).functions)
      for (const block of ir.blocks) {
        layouts.block.add(Object.keys(block).join())
        layouts.end.add(Object.keys(block.end).join())
        for (const instr of block.instrs) layouts.step.add(Object.keys(instr).join())
      }
  expect([...layouts.block]).toEqual(['phis,instrs,end'])
  expect(layouts.end.size).toBe(3)
  expect(layouts.step.size).toBe(4)
})
