import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, workspaceFolders } from './bootstrap.mjs'

/** Remove the declarations that tsc once wrote for a source that is gone, which it never does itself and a release would carry along. */
export function removeStaleOutputs(at = root) {
  const removed = workspaceFolders(at).flatMap((folder) => {
    const dist = join(at, folder, 'dist')
    if (!existsSync(dist)) return []
    return readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.d.ts'))
      .filter((path) => !existsSync(join(at, folder, 'src', path.replace(/\.d\.ts$/, '.ts'))))
      .map((path) => join(folder, 'dist', path))
  })
  for (const path of removed) rmSync(join(at, path))
  return removed
}
