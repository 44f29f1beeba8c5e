import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cgroupId, cgroupPath, cgroupPaths, cgroupRoot, removePinFolder, withPinFolderLock } from '@tscc/syscall'
import { callLibc } from '@tscc/syscall/libc'
import { expect, test } from 'vitest'

test('a folder that another descriptor has locked is waited for, and then an error; a folder that went is made anew', () => {
  const parent = mkdtempSync(join(tmpdir(), 'tscc-lock-'))
  const folder = join(parent, 'pins')
  try {
    withPinFolderLock(folder, 1000, () => {
      const begin = Date.now()
      expect(() => withPinFolderLock(folder, 50, () => undefined)).toThrow(
        `${folder}: another process is changing what is pinned there`,
      )
      expect(Date.now() - begin).toBeGreaterThanOrEqual(50)
      removePinFolder(folder)
      // The lock that is held is of a folder that is no more.
      expect(withPinFolderLock(folder, 50, () => existsSync(folder))).toBe(true)
    })
    expect(withPinFolderLock(folder, 50, () => 3)).toBe(3)
    expect(() => withPinFolderLock(folder, 50, () => callLibc('int close(int fd)', -1))).toThrow(/EBADF/)
    expect(withPinFolderLock(folder, 50, () => 4)).toBe(4)
  } finally {
    rmSync(parent, { recursive: true })
  }
})

test('cgroups by path and by id', () => {
  const root = cgroupRoot()
  expect([cgroupPath('a/b'), cgroupPath('/x')]).toEqual([`${root}/a/b`, '/x'])
  expect(cgroupPaths([cgroupId(root), 1n << 60n])).toEqual(new Map([[cgroupId(root), root]]))
  expect(() => cgroupId('/no/such')).toThrow(/stat \/no\/such: .*ENOENT/)
})
