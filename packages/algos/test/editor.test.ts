import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { typeCheck } from '../../bpf/test/tsc.ts'

test('the algorithms are right in the editor too', async () => {
  const folder = fileURLToPath(new URL('../src/', import.meta.url))
  const programs = readdirSync(folder).filter((name) => name.endsWith('.bpf.ts'))
  expect(await typeCheck(programs.map((name) => `${folder}${name}`))).toEqual([])
})
