import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lineDiff } from '../line-diff.mjs'
import { publicApi } from '../public-api.mjs'

describe('publicApi', () => {
  const tree = { at: '' }
  beforeEach(() => {
    tree.at = mkdtempSync(join(tmpdir(), 'tscc-api-'))
    add('package.json', JSON.stringify({ name: '@tscc/x', exports: { '.': { types: './dist/index.d.ts' } } }))
    add('dist/index.d.ts', "export { b as renamed, type A } from './a.ts';\nexport type { Far } from '@tscc/y';\n")
    add(
      'dist/a.d.ts',
      [
        "import { type Part } from './part.ts';",
        '/** Says what A is: not `interface B {`. */',
        'export interface A {',
        '    /** The part. */',
        '    readonly part: Part;',
        '}',
        'export declare function b(x: number): void;',
        'export declare function b(x: string): void;',
        'interface Hidden {',
        '}',
        'export {};',
      ].join('\n'),
    )
    add('dist/part.d.ts', "export type Part = 'a' | 'b';\nexport type Other = 1;\n")
  })
  afterEach(() => rmSync(tree.at, { recursive: true }))

  function add(path: string, text: string): void {
    mkdirSync(dirname(join(tree.at, path)), { recursive: true })
    writeFileSync(join(tree.at, path), text)
  }
  const blocks = () => [...publicApi(tree.at).matchAll(/^## (.*)\n\n```ts\n([\s\S]*?)\n```/gm)].map((m) => [m[1], m[2]])

  test('all of a generated module, each by a hash, and of no other', () => {
    add('dist/index.d.ts', "export * from './generated/g.ts';\n")
    add('dist/generated/g.d.ts', 'export interface G {\n    readonly g: 1;\n}\nexport declare const H = 2;\n')
    const [[, text] = []] = blocks()
    expect(text?.replace(/sha256 [0-9a-f]{16}/g, 'sha256')).toBe(
      'interface G { … // dist/generated/g.d.ts, sha256\nconst H = 2; … // dist/generated/g.d.ts, sha256',
    )
    add('dist/index.d.ts', "export * from './a.ts';\n")
    expect(() => publicApi(tree.at)).toThrow('export * hides what is public')
  })

  test('what is exported, by its public name, without comments, and what that mentions', () => {
    expect(blocks()).toEqual([
      [
        '@tscc/x',
        [
          'interface A {\n    readonly part: Part;\n}',
          "export { Far } from '@tscc/y'",
          'function b(x: number): void;\nfunction b(x: string): void; // exported as renamed',
        ].join('\n'),
      ],
      ['Mentioned, not exported', "type Part = 'a' | 'b';"],
    ])
  })

  test('a change of what is only mentioned shows; one of what is not reached does not', () => {
    const before = publicApi(tree.at)
    add('dist/part.d.ts', "export type Part = 'a' | 'b';\nexport type Other = 2;\n")
    expect(publicApi(tree.at)).toBe(before)
    add('dist/part.d.ts', "export type Part = 'a' | 'c';\n")
    expect(lineDiff(before, publicApi(tree.at))).toEqual(["- type Part = 'a' | 'b';", "+ type Part = 'a' | 'c';"])
  })

  test('export * is refused, and an unbuilt package named', () => {
    add('dist/index.d.ts', "export * from './a.ts';\n")
    expect(() => publicApi(tree.at)).toThrow('export * hides what is public')
    add('dist/index.d.ts', "export { a } from './unbuilt.ts';\n")
    expect(() => publicApi(tree.at)).toThrow('unbuilt.d.ts: is missing, build first')
  })
})
