import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { newProject, startServer } from './tsserver.ts'

beforeAll(freshDist, 300_000)

test.each([
  ['throws', "throw new Error('out of order')", 'out of order'],
  ['is not there', undefined, 'Cannot find module'],
])(
  'where the compiler %s, the file says so, the log says why, and TypeScript goes on',
  async (_, script, why) => {
    const { folder, remove } = newProject('typescript')
    const worker = join(folder, 'node_modules/@tscc/ts-plugin/dist/worker.cjs')
    if (script === undefined) rmSync(worker)
    else writeFileSync(worker, script)
    const server = startServer(folder)
    try {
      const file = join(folder, 'my_cc.bpf.ts')
      server.open(file, readFileSync(file, 'utf8').replace('tp.prior_cwnd', 'tp.prior_cwn'))
      const found = await server.diagnoseUntil(file, (all) => all.some(({ source }) => source === 'tscc'))
      expect(found.map(({ code, category }) => [code, category])).toEqual([
        [2551, 'error'],
        [0, 'warning'],
      ])
      expect(found[1]?.text).toMatch(new RegExp(`^tscc has not checked this file: .*${why}`))
      expect(await server.ask('quickinfo', { file, line: 1, offset: 1 }).catch(() => 'nothing there')).toBeDefined()
      expect(server.log()).toMatch(new RegExp(`\\[tscc\\] ${file}: .*${why}`))
    } finally {
      await server.close()
      remove()
    }
  },
  60_000,
)
