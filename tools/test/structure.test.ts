import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { root, workspaceFolders } from '../bootstrap.mjs'
import { importsOf } from '../imports-of.mjs'
import { structureFindings } from '../structure.mjs'

describe('structureFindings', () => {
  const tree = { at: '' }
  beforeEach(() => {
    tree.at = mkdtempSync(join(tmpdir(), 'tscc-structure-'))
    addPackage('core', {})
    addPackage('btf', { '@tscc/core': 'workspace:*' })
    addFile('packages/btf/src/index.ts', "export { byteReader } from '@tscc/core'\n")
  })
  afterEach(() => rmSync(tree.at, { recursive: true }))

  function addFile(path: string, text: string): void {
    mkdirSync(dirname(join(tree.at, path)), { recursive: true })
    writeFileSync(join(tree.at, path), text)
  }
  function addPackage(folder: string, dependencies: Record<string, string>): void {
    const exports = { '.': './dist/index.js', './package.json': './package.json' }
    addFile(`packages/${folder}/package.json`, JSON.stringify({ name: `@tscc/${folder}`, exports, dependencies }))
    addFile(`packages/${folder}/src/index.ts`, 'export const one = 1\n')
  }
  const findings = () => structureFindings(tree.at)

  test('nothing in a tree that keeps the rules', () => {
    expect(findings()).toEqual([])
  })

  test.each([
    ['import', "import { parseBtf } from '@tscc/btf'"],
    ['type import', "import type { Btf } from '@tscc/btf'"],
    ['re-export', "export { parseBtf } from '@tscc/btf'"],
    ['type of an import', "export type Btf = import('@tscc/btf').Btf"],
    ['side effect', "import '@tscc/btf'"],
  ])('an upward %s, and the circle that it makes', (_, line) => {
    addFile('packages/core/src/index.ts', `// first line\n${line}\n`)
    expect(findings()).toEqual([
      'packages/core/src/index.ts:2: imports @tscc/btf (floor 1), which is not below core (0)',
      'packages: circular import: @tscc/btf → @tscc/core → @tscc/btf',
    ])
  })

  test('a dependency that nothing imports', () => {
    addPackage('insn', { '@tscc/core': 'workspace:*' })
    expect(findings()).toEqual(['packages/insn/package.json: depends on @tscc/core, which nothing in src imports'])
  })

  test('a dependency that points up or sideways, or has a version', () => {
    addPackage('insn', { '@tscc/btf': 'workspace:*', '@tscc/core': '1.0.0' })
    expect(findings()).toEqual(
      expect.arrayContaining([
        'packages/insn/package.json: depends on @tscc/btf, which is not below it (floor 1)',
        'packages/insn/package.json: @tscc/core is 1.0.0, want workspace:*',
      ]),
    )
  })

  test('an import that package.json does not have, beside one that it has', () => {
    addFile(
      'packages/btf/src/a.ts',
      "import { scaleLinear } from 'd3-scale'\nimport { byteReader } from '@tscc/core'\n",
    )
    expect(findings()).toEqual(['packages/btf/src/a.ts:1: imports d3-scale, which is not in dependencies'])
  })

  test('Node and native code where a browser must do', () => {
    addFile('packages/btf/src/a.ts', "import { readFileSync } from 'node:fs'\nawait import('koffi')\n")
    expect(findings().map((line) => line.split(',')[0])).toEqual([
      'packages/btf/src/a.ts:1: imports node:fs',
      'packages/btf/src/a.ts:2: imports koffi',
    ])
  })

  test('what a browser comes to: through files and packages, without types', () => {
    addPackage('compiler', { '@tscc/btf': 'workspace:*', 'oxc-parser': '1.0.0' })
    addFile('packages/compiler/src/index.ts', "import { parse } from './parse.ts'\nimport { b } from '@tscc/btf'\n")
    addFile(
      'packages/compiler/src/parse.ts',
      "import type { Program } from 'oxc-parser'\nexport const a = process.pid\n",
    )
    expect(findings()).toEqual(["packages/compiler/src/parse.ts:2: process is Node's, and a browser comes here"])
    addFile('packages/compiler/src/parse.ts', "import { parseSync } from 'oxc-parser'\n")
    expect(findings()).toEqual([
      'packages/compiler/src/parse.ts:1: imports oxc-parser, but a browser comes here: packages/compiler/src/index.ts → packages/compiler/src/parse.ts',
    ])
    const exports = { '.': { browser: './dist/browser.js', default: './dist/index.js' } }
    const dependencies = { '@tscc/btf': 'workspace:*', 'oxc-parser': '1.0.0' }
    addFile('packages/compiler/package.json', JSON.stringify({ name: '@tscc/compiler', exports, dependencies }))
    addFile('packages/compiler/src/browser.ts', "export { b } from '@tscc/btf'\n")
    expect(findings()).toEqual([])
  })

  test('an import past exports, into another folder, of itself, or without extension', () => {
    addFile('packages/btf/src/a.ts', "import { a } from '@tscc/core/src/byte-reader.ts'\n")
    addFile('packages/btf/src/b.ts', "import { b } from '../../core/src/index.ts'\n")
    addFile('packages/btf/src/c.ts', "import { c } from '@tscc/btf'\n")
    addFile('packages/btf/src/d.ts', "import { d } from './a'\n")
    addFile('packages/btf/test/e.test.ts', "import { e } from '@tscc/core/byte-reader'\n")
    expect(findings()).toEqual([
      'packages/btf/src/a.ts:1: imports @tscc/core/src/byte-reader.ts, which @tscc/core does not export',
      'packages/btf/src/b.ts:1: imports ../../core/src/index.ts, which is outside packages/btf/src',
      'packages/btf/src/c.ts:1: imports its own package by name, want a relative path',
      'packages/btf/src/d.ts:1: imports ./a, want its extension (.ts)',
      'packages/btf/test/e.test.ts:1: imports @tscc/core/byte-reader, which @tscc/core does not export',
    ])
  })

  test('long files, unfinished ones, generated ones that hide it, packages without a floor', () => {
    const mark = ['TO', 'DO'].join('')
    addFile('packages/btf/src/long.ts', 'export const x = 1\n'.repeat(450))
    addFile('packages/btf/src/generated/table.ts', 'export const x = 1\n'.repeat(900))
    addFile('packages/btf/src/unfinished.ts', `const a = 1 // ${mark} the rest\n`)
    addPackage('attic', {})
    expect(findings()).toEqual([
      'packages/attic: has no floor in tools/structure.mjs',
      "packages/btf/src/generated/table.ts:1: a generated file's first line names its generator: // Generated from … by …",
      'packages/btf/src/long.ts: 451 lines, limit 450: split it (a table is named in tools/structure.mjs)',
      `packages/btf/src/unfinished.ts:1: ${mark}: finish it or file an issue`,
    ])
  })
})

describe('importsOf', () => {
  test('over several lines, and not in comments, strings or templates', () => {
    const text = [
      '/* import { a } from "a" */',
      "// import { b } from 'b'",
      "const url = 'https://example.org' // import('c')",
      "const template = `import { d } from 'd'`",
      'import {',
      '  e,',
      "} from 'e'",
      "export * as f from 'f'",
      "import g, { type h } from 'g'",
      "const i = createRequire(import.meta.url)('i') ?? require('j')",
    ].join('\n')
    expect(importsOf(text)).toEqual([
      { specifier: 'e', line: 7 },
      { specifier: 'f', line: 8 },
      { specifier: 'g', line: 9 },
      { specifier: 'i', line: 10 },
      { specifier: 'j', line: 10 },
    ])
  })
})

test('the type check of tests reads the sources of everything that a package exports', () => {
  const { paths } = JSON.parse(readFileSync(join(root, 'tsconfig.test.json'), 'utf8')).compilerOptions
  for (const folder of workspaceFolders()) {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    for (const [subpath, target] of Object.entries<{ types?: string }>(exports)) {
      if (target.types === undefined) continue
      const source = `./${folder}/${target.types.replace('./dist/', 'src/').replace(/\.d\.c?ts$/, '.ts')}`
      const specifier = name + subpath.slice(1)
      const star =
        folder.startsWith('packages/') && subpath === '.' ? paths['@tscc/*'][0].replace('*', folder.slice(9)) : ''
      expect([specifier, paths[specifier]?.[0] ?? star]).toEqual([specifier, source])
    }
  }
})
