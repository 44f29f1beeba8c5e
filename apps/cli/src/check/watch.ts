import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileFailure } from '../files.ts'

/** Milliseconds without another change before a change counts: editors write a file in several steps. */
const SETTLED = 60

/**
 * Run `round` now, and again whenever one of `files` or of the files that the last rounds named has changed, until the
 * signal aborts. Folders are watched, since editors put a new file in the place of the old one.
 */
export async function watchFiles(
  signal: AbortSignal,
  files: readonly string[],
  round: () => Promise<readonly string[]>,
): Promise<void> {
  const changes = watchChanges(signal)
  try {
    for (const path of files) changes.add(path)
    while (!signal.aborted) {
      // Asked for before the round, so that what changes meanwhile counts.
      const changed = changes.next()
      for (const path of await round()) changes.add(path)
      await changed
    }
  } finally {
    changes.close()
  }
}

interface Changes {
  add(path: string): void
  /** Settles at a change from now on, or when the signal aborts. */
  next(): Promise<void>
  close(): void
}

function watchChanges(signal: AbortSignal): Changes {
  const folders = new Map<string, { readonly names: Set<string>; readonly watcher: FSWatcher }>()
  const waiting: { timer?: NodeJS.Timeout; settle: () => void } = { settle() {} }
  const onAbort = (): void => waiting.settle()
  signal.addEventListener('abort', onAbort)
  const onChange = (): void => {
    clearTimeout(waiting.timer)
    waiting.timer = setTimeout(() => waiting.settle(), SETTLED)
  }
  return {
    next: () =>
      new Promise((done) => {
        waiting.settle = done
        if (signal.aborted) done()
      }),
    add(path) {
      const folder = dirname(resolve(path))
      const names = folders.get(folder)?.names ?? new Set()
      names.add(basename(path))
      if (folders.has(folder)) return
      try {
        const watcher = watch(folder, (_, name) => {
          if (name === null || names.has(name)) onChange()
        })
        folders.set(folder, { names, watcher })
      } catch (error) {
        throw fileFailure(folder, 'read', error)
      }
    },
    close() {
      clearTimeout(waiting.timer)
      signal.removeEventListener('abort', onAbort)
      for (const { watcher } of folders.values()) watcher.close()
    },
  }
}
