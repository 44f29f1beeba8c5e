import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodeObstacle, pnpmVersion, root, workspaceFolders } from '../bootstrap.mjs'
import { removeStaleOutputs } from '../stale-outputs.mjs'
import { testCounts } from '../test-counts.mjs'

test.each([
  ['20.19.0', true],
  ['20.20.2', true],
  ['22.0.0', true],
  ['100.1.0', true],
  ['20.18.9', false],
  ['18.20.8', false],
])('Node.js %s is new enough: %s', (version, enough) => {
  expect(nodeObstacle(version, '>=20.19.0') === undefined).toBe(enough)
  if (!enough)
    expect(nodeObstacle(version, '>=20.19.0')).toContain(`Node.js ${version} is too old, >=20.19.0 is needed`)
})

test('the pinned pnpm is a version, and every folder of the workspace is found', () => {
  expect(pnpmVersion).toMatch(/^\d+\.\d+\.\d+$/)
  expect(workspaceFolders()).toEqual(expect.arrayContaining(['packages/core', 'apps/cli', 'bench', 'conformance']))
})

test('a wrong command is a usage error, before anything is installed', () => {
  const run = () => execFileSync(process.execPath, [join(root, 'tools/workspace.mjs'), 'tset'], { stdio: 'pipe' })
  expect(run).toThrow('usage: node tools/workspace.mjs start|build|playground|site|test|tools|fuzz|bench|run')
})

test('declarations without a source and parts that nothing imports are removed, and nothing else', () => {
  const at = mkdtempSync(join(tmpdir(), 'tscc-stale-'))
  const path = (name: string) => join(at, 'packages/x', name)
  try {
    for (const folder of ['dist/deep', 'src/deep']) mkdirSync(path(folder), { recursive: true })
    writeFileSync(join(at, 'pnpm-workspace.yaml'), 'packages:\n  - packages/*\n')
    const texts = {
      'dist/index.js': "import { a } from './shared-a-x1_-.js'\n",
      'dist/shared-a-x1_-.js': "const b = await import('./shared-b-1.js')\n",
      'dist/shared-b-1.js': '',
    }
    const kept = ['package.json', 'src/deep/a.ts', 'dist/deep/a.d.ts', 'dist/.tsbuildinfo', ...Object.keys(texts)]
    const gone = ['dist/deep/gone.d.ts', 'dist/shared-b-0.js', 'dist/shared-c.js']
    for (const name of [...kept, ...gone]) writeFileSync(path(name), '')
    for (const [name, text] of Object.entries(texts)) writeFileSync(path(name), text)
    writeFileSync(path('dist/shared-b-0.js'), "import './shared-c.js'\n") // only what goes too imports it
    expect(removeStaleOutputs(at)).toEqual(gone.map((name) => `packages/x/${name}`))
    expect(removeStaleOutputs(at)).toEqual([])
    expect(kept.filter((name) => !existsSync(path(name)))).toEqual([])
  } finally {
    rmSync(at, { recursive: true })
  }
})

test('no tracked file names a registry: not the lock file, not a config', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(isConfig)
  expect(files).toContain('pnpm-lock.yaml')
  const pattern =
    /registry\.[\w-]+\.|\bnpmjs\b|npmmirror|artifactory|verdaccio|^\s*(?:resolved|tarball|registry)\b\s*[:=]/im
  const found = files.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')))
  expect(found).toEqual([])
})

/** Everything but prose, tests and programs, which may speak about registries. */
function isConfig(path: string): boolean {
  return /\.(?:json|ya?ml|toml|npmrc)$|^\.(?!git\/)|\/\.npmrc$/.test(path) && !path.includes('/fixtures/')
}

describe('testCounts', () => {
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map((one) => ({ status: one })),
  })
  const report = (numPassedTests: number, numFailedTests: number, testResults: unknown[]) =>
    JSON.stringify({ numPassedTests, numFailedTests, numPendingTests: 1, numTodoTests: 0, testResults })

  test('passed, failed and skipped tests', () => {
    const json = report(2, 1, [file('failed', 'passed', 'failed'), file('passed', 'passed', 'skipped')])
    expect(testCounts(json, 1)).toEqual({ passed: 2, failed: 1, skipped: 1 })
  })
  test('a file that cannot be imported counts as a failure', () => {
    expect(testCounts(report(2, 0, [file('failed'), file('passed', 'passed', 'passed')]), 1).failed).toBe(1)
  })
  test('no report, or a failing exit code without a failing test, is a failure', () => {
    expect(testCounts(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(testCounts(report(3, 0, [file('passed', 'passed')]), 1).failed).toBe(1)
    expect(testCounts(report(3, 0, [file('passed', 'passed')]), 0).failed).toBe(0)
  })
})
