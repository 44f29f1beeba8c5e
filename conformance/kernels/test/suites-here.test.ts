import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { needs } from '../../../tools/needs.ts'

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
