import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { errnoName } from './errno.ts'
import { fsCall } from './fs-call.ts'
import { linkInfo, mapInfo, programInfo } from './info.ts'
import type { Kernel } from './kernel.ts'
import { errno, libcError, libcFunction } from './libc-function.ts'
import { openPinnedLink, openPinnedMap, openPinnedProgram } from './pin.ts'
import { syscallErrors } from './syscall-errors.ts'

/** An object that is pinned in a folder. */
export interface PinnedObject {
  readonly path: string
  readonly kind: 'link' | 'map' | 'program'
  readonly id: number
}

/** Make a folder in a BPF file system for pins; one that is there already is fine. */
export function makePinFolder(path: string): void {
  fsCall(`mkdir ${path}`, () => mkdirSync(path, { recursive: true, mode: 0o700 }))
}

/** unlink(2) of a pin: the object lives on while a descriptor or an attachment holds it. */
export function removePin(path: string): void {
  fsCall(`unlink ${path}`, () => rmSync(path))
}

/** Is there something of this name? */
export const pinExists = (path: string): boolean => existsSync(path)

/** rename(2) of a pin, within its folder's file system. */
export function renamePin(from: string, to: string): void {
  fsCall(`rename ${from}`, () => renameSync(from, to))
}

/** rmdir(2) of a folder that has no pins any more. */
export function removePinFolder(path: string): void {
  fsCall(`rmdir ${path}`, () => rmdirSync(path))
}

/**
 * Do something while no other process does something with the same folder, which is made where there is none.
 *
 * The lock (flock(2)) goes with the process, however that ends. `syscall/locked` when it is not had within `timeout` ms.
 */
export function withPinFolderLock<T>(folder: string, timeout: number, run: () => T): T {
  const until = Date.now() + timeout
  for (;;) {
    makePinFolder(folder)
    const fd = openSync(folder, 'r')
    try {
      takeLock(fd, folder, until)
      // Who had it may have taken the folder away.
      if (existsSync(folder) && statSync(folder).ino === fstatSync(fd).ino) return run()
    } finally {
      closeSync(fd)
    }
  }
}

const LOCK_EX = 2
const LOCK_NB = 4

function takeLock(fd: number, folder: string, until: number): void {
  const flock = libcFunction<[number, number]>('int flock(int fd, int operation)')
  while (flock(fd, LOCK_EX | LOCK_NB) !== 0) {
    const number = errno()
    if (errnoName(number) !== 'EAGAIN' && errnoName(number) !== 'EINTR') throw libcError('flock', number)
    if (Date.now() > until) throw syscallErrors.make('locked', { folder })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  }
}

/** What is pinned directly in a folder; nothing where there is no such folder. */
export function pinnedObjects(kernel: Kernel, folder: string): readonly PinnedObject[] {
  return pinNames(folder).flatMap((name) => pinnedObject(kernel, join(folder, name)) ?? [])
}

/** What is pinned at a path; undefined where there is nothing, or another kind of object. */
export function pinnedObject(kernel: Kernel, path: string): PinnedObject | undefined {
  const attempts = [
    { kind: 'link', open: openPinnedLink, info: linkInfo },
    { kind: 'map', open: openPinnedMap, info: mapInfo },
    { kind: 'program', open: openPinnedProgram, info: programInfo },
  ] as const
  for (const { kind, open, info } of attempts) {
    try {
      using object = open(kernel, path)
      return { path, kind, id: info(kernel, object.fd).id }
    } catch (error) {
      // Another kind, or gone since the folder was read.
      if (!syscallErrors.is(error)) throw error
    }
  }
  return undefined
}

/** Names of what is in a folder, in order; none where there is no such folder. */
export function pinNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort()
  } catch {
    return []
  }
}
