import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../tools/fresh-dist.ts'
import {
  budgets,
  documentTable,
  outdated,
  overBudget,
  packageSizes,
  publishedBytes,
  sizeTable,
} from '../../tools/package-sizes.mjs'
import { packAll, publishedPackages } from './tarballs.ts'

type Sizes = Awaited<ReturnType<typeof packageSizes>>

describe('what packages weigh', () => {
  const held: { sizes: Sizes } = { sizes: [] }
  beforeAll(async () => {
    await freshDist()
    held.sizes = await packageSizes()
  }, 120_000)

  test('is within the budgets', () => {
    expect(held.sizes.map(({ name }) => name).sort()).toEqual(publishedPackages.map(({ name }) => name).sort())
    expect(Object.keys(budgets).sort()).toEqual(held.sizes.map(({ name }) => name).sort())
    expect(overBudget(elsewhere(held.sizes))).toEqual([])
  })

  // With dependencies it is of this platform, and the table of another.
  test.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('is what docs/packages.md says', () => {
    expect(outdated(documentTable(), held.sizes)).toEqual([])
  })
})

/** Native parts have other sizes on other platforms. */
function elsewhere(sizes: Sizes): Sizes {
  if (process.platform === 'linux' && process.arch === 'x64') return sizes
  return sizes.map((one) => ({ ...one, withDependencies: 0 }))
}

describe('the measure', () => {
  const one = {
    name: '@tscc/one',
    folder: 'packages/one',
    description: '',
    installed: 12,
    withDependencies: 120,
    gzipped: 3,
  }
  const limits = { '@tscc/one': { installed: 12, withDependencies: 130, gzipped: 2 } }

  test('tells what is too large, and what has no budget', () => {
    expect(overBudget([one], limits)).toEqual(['@tscc/one: gzipped is 3.0 kB, budget 2 kB'])
    expect(overBudget([one], {})).toHaveLength(3)
    expect(overBudget([{ ...one, gzipped: 2 }], limits)).toEqual([])
  })

  test('a table is out of date when a figure is off by more than a tenth, or a package is missing', () => {
    const table = sizeTable([one], limits)
    expect(outdated(table, [{ ...one, installed: 13 }], limits)).toEqual([])
    expect(outdated(table, [{ ...one, installed: 15 }], limits)).toEqual([expect.stringContaining('@tscc/one')])
    expect(outdated(table, [one, { ...one, name: '@tscc/two' }], limits)).toEqual([
      expect.stringContaining('@tscc/two'),
    ])
  })

  test('counts what a tarball unpacks to', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tscc-sizes-'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    const tarballs = await packAll(folder)
    for (const { name, folder: at } of publishedPackages) {
      const tarball = tarballs.find((path) => path.includes(`/${name.slice(1).replace('/', '-')}-`)) ?? ''
      const unpacked = execFileSync('tar', ['-xzOf', tarball], { maxBuffer: 2 ** 26 }).length
      // Packing writes versions into package.json
      expect([name, Math.abs(unpacked - publishedBytes(at)) < 500]).toEqual([name, true])
    }
  })
})
