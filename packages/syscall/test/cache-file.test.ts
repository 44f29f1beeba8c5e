import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFile } from '@tscc/syscall'
import { afterEach, beforeEach, expect, test } from 'vitest'

const state = { folder: '' }
beforeEach(() => {
  state.folder = mkdtempSync(join(tmpdir(), 'tscc-cache-'))
})
afterEach(() => rmSync(state.folder, { recursive: true }))

test('what was written is read again, by its user alone', () => {
  const file = cacheFile('answers.json', join(state.folder, 'deep', 'tscc'))
  expect(file.read()).toBeUndefined()
  file.write('{"a":1}')
  expect(file.read()).toBe('{"a":1}')
  expect(statSync(file.path).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(state.folder, 'deep', 'tscc'))).toEqual(['answers.json'])
})

test.skipIf(process.platform !== 'linux')('a file that others may write, or that is too large, does not count', () => {
  const file = cacheFile('x', state.folder)
  file.write('trusted')
  chmodSync(file.path, 0o602)
  expect(file.read()).toBeUndefined()
  chmodSync(file.path, 0o600)
  writeFileSync(file.path, 'y'.repeat((1 << 22) + 1))
  expect(file.read()).toBeUndefined()
})

test('a place that cannot be written is no error', () => {
  writeFileSync(join(state.folder, 'occupied'), '')
  const file = cacheFile('x', join(state.folder, 'occupied'))
  file.write('lost')
  expect(file.read()).toBeUndefined()
  expect(existsSync(file.path)).toBe(false)
})
