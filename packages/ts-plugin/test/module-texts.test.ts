import { expect, test } from 'vitest'
import { importedPath, moduleTexts, sameTexts } from '../src/module-texts.ts'

const importsOf = (text: string): readonly string[] => [...text.matchAll(/'(.*?)'/g)].map(([, name = '']) => name)
const texts = (files: Readonly<Record<string, string>>) => ({ textOf: (path: string) => files[path], importsOf })

test('a file with all that it imports, each once, in circles too', () => {
  const found = moduleTexts(
    '/a/main.bpf.ts',
    texts({
      '/a/main.bpf.ts': "'./x.bpf.ts' '../b/y.bpf.ts' '@tscc/bpf' './absent.bpf.ts'",
      '/a/x.bpf.ts': "'../b/y.bpf.ts'",
      '/b/y.bpf.ts': "'../a/main.bpf.ts'",
      '/b/other.bpf.ts': '',
    }),
  )
  expect([...(found?.texts.keys() ?? [])].sort()).toEqual(['/a/main.bpf.ts', '/a/x.bpf.ts', '/b/y.bpf.ts'])
  expect(found?.importers.get('/b/y.bpf.ts')).toBe('/a/main.bpf.ts')
  // Who goes from importer to importer comes to an end.
  expect(found?.importers.has('/a/main.bpf.ts')).toBe(false)
})

test('paths are those of TypeScript, with a drive too', () => {
  expect(importedPath('C:/cc/main.bpf.ts', '../lib/x.bpf.ts')).toBe('C:/lib/x.bpf.ts')
  expect(importedPath('/cc/main.bpf.ts', '@tscc/bpf')).toBe(undefined)
})

test('there is an end of what is taken', () => {
  expect(moduleTexts('/a.bpf.ts', texts({ '/a.bpf.ts': ' '.repeat(9_000_000) }))).toBe(undefined)
})

test('texts are the same only where all are', () => {
  const one = new Map([['a', 'x']])
  expect(sameTexts(one, new Map([['a', 'x']]))).toBe(true)
  expect(sameTexts(one, new Map([['a', 'y']]))).toBe(false)
  expect(sameTexts(one, new Map([['b', 'x']]))).toBe(false)
  expect(sameTexts(one, new Map())).toBe(false)
})
