// The cache: outside of the repository, keyed by content, safe to delete at any time.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

const { env } = process

/** TSCC_KERNEL_CACHE, or tscc-kernels in the user's cache folder. */
export const cacheFolder = resolve(
  env.TSCC_KERNEL_CACHE ?? join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tscc-kernels'),
)

/** A folder of the cache, made when it is not there. */
export function cached(...path) {
  const folder = join(cacheFolder, ...path)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Twelve digits that stand for some texts and bytes. */
export function contentKey(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('hex').slice(0, 12)
}

/** Mark a path as used now, for `removeUnused`. */
export function used(path) {
  utimesSync(path, new Date(), new Date())
  return path
}

const aDay = 24 * 3600 * 1000

/** Remove what nobody has used for two weeks: kernels that newer builds replaced, pieces of what was packed once. */
export function removeUnused(now = Date.now()) {
  const folders = [cached('pieces'), ...readdirSync(cached('kernels')).map((machine) => cached('kernels', machine))]
  for (const path of folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))))
    if (now - statSync(path).mtimeMs > 14 * aDay) rmSync(path, { recursive: true, force: true })
}

/** A folder that `fill(temporary)` makes once: it appears when it is whole. */
export async function onceFolder(folder, fill) {
  if (existsSync(folder)) return used(folder)
  const temporary = `${folder}.${process.pid}`
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })
  try {
    await fill(temporary)
    if (!existsSync(folder)) renameSync(temporary, folder)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  return folder
}
