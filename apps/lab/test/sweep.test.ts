import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { type Leftover, noteLeftover, sweepLeftovers } from '../src/sweep.ts'

const leftover: Leftover = { kind: 'struct_ops', data: { name: 'tscc_test', id: 5 } }
beforeAll(freshDist, 120_000)
let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tscc-sweep-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

async function sweep(): Promise<readonly Leftover[]> {
  const seen: Leftover[] = []
  await sweepLeftovers(
    (one) => {
      seen.push(one)
    },
    { directory },
  )
  return seen
}

/** A process that notes something and is killed with SIGKILL before it can clean up. */
function killedOwner(): void {
  const module = fileURLToPath(new URL('../dist/index.js', import.meta.url))
  const script = `
    const { noteLeftover } = await import(${JSON.stringify(module)})
    noteLeftover(${JSON.stringify(leftover)}, { directory: ${JSON.stringify(directory)} })
    process.kill(process.pid, 'SIGKILL')`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect([child.signal, child.stderr]).toEqual(['SIGKILL', ''])
}

test("what a killed process left is removed once, a living one's is kept", async () => {
  killedOwner()
  const mine = noteLeftover({ kind: 'mine', data: {} }, { directory })
  expect(await sweep()).toEqual([leftover])
  expect(await sweep()).toEqual([])
  expect(readdirSync(directory)).toHaveLength(1)
  mine.forget()
  mine.forget()
  expect(readdirSync(directory)).toEqual([])
})

test('a note stays until its thing could be removed', async () => {
  killedOwner()
  const failing = await sweepLeftovers(() => Promise.reject(new Error('busy')), { directory })
  expect(failing.failed.map((one) => one.leftover)).toEqual([leftover])
  expect(await sweep()).toEqual([leftover])
})

test('a pid that was given to another process does not keep a note', async () => {
  noteLeftover(leftover, { directory })
  rewrite((owner) => ({ ...owner, startTime: 1 }))
  expect(await sweep()).toEqual([leftover])
})

test('an earlier boot left nothing; another pid namespace cannot be judged', async () => {
  noteLeftover(leftover, { directory })
  rewrite((owner) => ({ ...owner, bootId: 'earlier' }))
  expect(await sweep()).toEqual([])
  expect(readdirSync(directory)).toEqual([])
  noteLeftover(leftover, { directory })
  rewrite((owner) => ({ ...owner, startTime: 1, pidNamespace: 'pid:[1]' }))
  expect(await sweep()).toEqual([])
  expect(readdirSync(directory)).toHaveLength(1)
})

test('files that are no notes are left alone, and a directory that others can write to is refused', async () => {
  for (const [name, text] of [
    ['a', '{'],
    ['b', 'null'],
    ['c', '{"version":1,"owner":{},"leftover":{"kind":1,"data":{}}}'],
    ['d', `"${'x'.repeat(70_000)}"`],
  ])
    writeFileSync(join(directory, `${name}.leftover.json`), text ?? '')
  expect(await sweep()).toEqual([])
  expect(readdirSync(directory)).toHaveLength(4)
  chmodSync(directory, 0o777)
  await expect(sweep()).rejects.toThrow(/only its owner/)
})

function rewrite(change: (owner: Record<string, unknown>) => Record<string, unknown>): void {
  const [name = ''] = readdirSync(directory)
  const path = join(directory, name)
  const note = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...note, owner: change(note.owner) }))
}
