import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoName, errnoNumber } from './errno.ts'
import { linkInfo, mapInfo, programInfo } from './info.ts'
import type { Kernel } from './kernel.ts'
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
  withErrno(`mkdir ${path}`, () => mkdirSync(path, { recursive: true, mode: 0o700 }))
}

/** unlink(2) of a pin: the object lives on while a descriptor or an attachment holds it. */
export function removePin(path: string): void {
  withErrno(`unlink ${path}`, () => rmSync(path))
}

/** What is pinned directly in a folder; nothing where there is no such folder. */
export function pinnedObjects(kernel: Kernel, folder: string): readonly PinnedObject[] {
  return entriesOf(folder).flatMap((name) => pinnedObject(kernel, join(folder, name)) ?? [])
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

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort()
  } catch {
    return []
  }
}

function withErrno(call: string, run: () => void): void {
  try {
    run()
  } catch (error) {
    const errno =
      error instanceof Error && 'errno' in error && typeof error.errno === 'number'
        ? Math.abs(error.errno)
        : errnoNumber('EIO')
    throw syscallErrors.make('libc', { call, errno, name: errnoName(errno) }, error)
  }
}
