import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isTsccError } from '@tscc/core'
import {
  addressOf,
  callLibc,
  errno,
  errnoName,
  errnoNumber,
  errnoTable,
  libcFunction,
  mapMemory,
} from '@tscc/syscall/libc'
import { describe, expect, it } from 'vitest'

const linux = process.platform === 'linux'

describe('errno', () => {
  it('has every row both ways', () => {
    for (const row of errnoTable) {
      expect(errnoName(row.number)).toBe(row.name)
      expect(errnoNumber(row.name)).toBe(row.number)
    }
    expect(new Set(errnoTable.map((row) => row.number)).size).toBe(errnoTable.length)
    expect([errnoName(1), errnoName(28), errnoName(524), errnoName(999)]).toEqual([
      'EPERM',
      'ENOSPC',
      'ENOTSUPP',
      'errno 999',
    ])
  })
})

describe.skipIf(!linux)('libc', () => {
  it('calls a function by prototype, bound once', () => {
    const getpid = libcFunction<[]>('int getpid()')
    expect(getpid()).toBe(process.pid)
    expect(libcFunction('int getpid()')).toBe(getpid)
  })

  it('fills a buffer that the caller owns', () => {
    const name = new Uint8Array(65)
    expect(callLibc('int gethostname(void *name, size_t len)', name, name.length)).toBe(0)
    expect(addressOf(name)).toBeGreaterThan(0n)
    expect(name[0]).not.toBe(0)
  })

  it('turns -1 into an error with call and errno name', () => {
    let caught: unknown
    try {
      callLibc('int close(int fd)', -1)
    } catch (error) {
      caught = error
    }
    expect(isTsccError(caught) && [caught.code, caught.context, caught.message]).toEqual([
      'syscall/libc',
      { call: 'close', errno: 9, name: 'EBADF' },
      'close: EBADF (bad file descriptor)',
    ])
    expect(libcFunction<[number]>('int close(int fd)')(-1)).toBe(-1)
    expect(errno()).toBe(9)
  })

  it('rejects a prototype that libc does not have', () => {
    expect(() => callLibc('int no_such_function_here(int x)', 1)).toThrow(/not a function prototype or not in libc/)
  })

  it('maps a file, and a closed mapping reads as zeros', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tscc-libc-'))
    const path = join(directory, 'data')
    writeFileSync(
      path,
      Uint8Array.from({ length: 4096 }, (_, i) => i & 0xff),
    )
    const fd = openSync(path, 'r')
    try {
      const map = mapMemory(fd, { length: 4096 })
      expect(map.bytes[255]).toBe(255)
      map.close()
      map.close()
      expect(map.bytes[255]).toBe(0)
      expect(() => mapMemory(fd, { length: 0 })).toThrow(/^mmap: EINVAL/)
    } finally {
      closeSync(fd)
      rmSync(directory, { recursive: true })
    }
  })
})
