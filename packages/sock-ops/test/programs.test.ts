import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseBtf } from '@tscc/btf'
import { diagnosticText } from '@tscc/compiler'
import { compileFile } from '@tscc/compiler/node'
import { linkObject } from '@tscc/object'
import { expect, test } from 'vitest'
import { generatedFile, generatedModule } from '../tools/generate.mjs'

const programs = readdirSync(new URL('../src/', import.meta.url)).filter((file) => file.endsWith('.bpf.ts'))
const fixtures = new URL('../../object/fixtures/btf/', import.meta.url)
const kernels = readdirSync(fixtures).filter((file) => file.startsWith('tcp-') && !file.includes('s390x'))

test('the texts that are shipped are those of the files', () => {
  expect(readFileSync(generatedFile, 'utf8')).toBe(generatedModule())
})

test.each(programs)('%s compiles, and links to every kernel', (file) => {
  const { object, diagnostics, sourceOf } = compileFile(fileURLToPath(new URL(`../src/${file}`, import.meta.url)))
  expect(diagnostics.map((one) => diagnosticText(one, sourceOf(one.file) ?? ''))).toEqual([])
  if (object === undefined) return
  for (const kernel of kernels) {
    const btf = parseBtf(new Uint8Array(readFileSync(new URL(kernel, fixtures))))
    expect(linkObject(object, { btf }, { untold: 'zero' }).programs.length).toBeGreaterThan(0)
  }
})
