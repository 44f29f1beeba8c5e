import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, workspaceFolders } from './bootstrap.mjs'

/**
 * Remove what earlier builds left in `dist`, which a release would carry along: declarations whose source is gone (tsc never
 * removes any), and shared parts of bundles that no file imports any more (they lie beside what turbo restores from its cache).
 */
export function removeStaleOutputs(at = root) {
  const removed = workspaceFolders(at).flatMap((folder) => {
    const dist = join(at, folder, 'dist')
    if (!existsSync(dist)) return []
    const paths = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    const declarations = paths
      .filter((path) => path.endsWith('.d.ts'))
      .filter((path) => !existsSync(join(at, folder, 'src', path.replace(/\.d\.ts$/, '.ts'))))
    return [...declarations, ...unusedParts(dist, paths)].map((path) => join(folder, 'dist', path))
  })
  for (const path of removed) rmSync(join(at, path))
  return removed
}

/** Shared parts (tools/bundle.mjs names them) that no entry comes to. */
export function unusedParts(dist, paths) {
  const parts = new Set(paths.filter((path) => /^shared-[\w-]+\.js$/.test(path)))
  const queue = paths.filter((path) => /\.c?js$/.test(path) && !parts.has(path))
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const [name] of readFileSync(join(dist, path), 'utf8').matchAll(/\bshared-[\w-]+\.js\b/g))
      if (parts.delete(name)) queue.push(name)
  }
  return [...parts].sort()
}
