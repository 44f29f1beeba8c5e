import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { needs } from '../../../tools/needs.ts'
import { parseAlgorithm } from '../lib/twins-arguments.mjs'
import { buildTwins, hostTwins } from '../lib/twins-run.mjs'

// What the matrix runs in its guests runs on this kernel too, where nothing of the guest is needed for it.

beforeAll(freshDist, 300_000)

interface Check {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'skip'
  readonly why?: string
}

describe.skipIf(!needs('root', 'bpf', 'btf', 'struct_ops_link'))('suites of the matrix on this kernel', () => {
  test('programs of other types than struct_ops: loaded, attached, run', () => {
    const suite = fileURLToPath(new URL('../suites/programs.suite.mjs', import.meta.url))
    const env = { ...process.env, TSCC_MAY_FORBID_TRACING: '1' }
    const { stdout, stderr } = spawnSync(process.execPath, [suite], { encoding: 'utf8', env, timeout: 100_000 })
    const checks = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Check)
    for (const { name, why } of checks.filter(({ status }) => status === 'skip'))
      console.log(`skipped: ${name}: ${why}`)
    expect(
      checks.filter(({ status }) => status === 'fail'),
      stderr,
    ).toEqual([])
    expect(checks.length).toBe(11)
    expect(checks.filter(({ status }) => status === 'pass').length).toBeGreaterThanOrEqual(9)
  })
})

describe.skipIf(!needs('root', 'bpf', 'btf', 'struct_ops', 'namespaces'))('twins on this kernel', () => {
  test('an algorithm and its twin, in turn, on one path: every figure is there, of both', {
    timeout: 100_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tscc-twins-'))
    const said: string[] = []
    const say = (text: string): number => said.push(text)
    try {
      const { built: algorithms, missing } = buildTwins(
        [parseAlgorithm('reno=reno'), parseAlgorithm('tahoe=tahoe')],
        folder,
        { optional: true },
      )
      expect(missing).toMatchObject([{ name: 'tahoe', status: 'left out' }])
      const plan = {
        onHost: true,
        pathNames: ['clean'],
        duration: 1500,
        rounds: 1,
        signal: AbortSignal.timeout(90_000),
      }
      const [found, ...others] = await hostTwins(algorithms, { folder, say, ...plan })
      expect(others).toEqual([])
      expect(found).toMatchObject({ name: 'reno', path: 'clean', status: 'pass', runs: 2, link: 'user' })
      expect(found.figures.native).toHaveLength(2)
      for (const run of [...found.figures.native, ...found.figures.tscc]) {
        expect(run.goodput).toBeGreaterThan(1e6)
        expect(run.goodput).toBeLessThan(10e6)
        expect(run.rttMean).toBeGreaterThan(20)
        expect(run.cwndMax).toBeGreaterThanOrEqual(run.cwndMean)
      }
      expect(found.result.runs.map((run: { labels: string[] }) => run.labels)).toEqual([['native'], ['tscc']])
      expect(said).toEqual(['host: reno, clean: measured'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
