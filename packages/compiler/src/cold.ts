import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { cacheFile } from '@tscc/syscall/cache'
import type { ColdCompiler } from './node/cold-compiler.ts'

export type { ColdBuild, ColdCompiler } from './node/cold-compiler.ts'

/**
 * The compiler for a process that compiles a file and ends: all of it in one script, whose machine-independent code is kept in
 * the user's cache from the second process on, so that nothing is parsed again. Undefined where that script is not there, as in
 * the sources.
 */
export function coldCompiler(): ColdCompiler | undefined {
  const path = fileURLToPath(new URL('./cold.cjs', import.meta.url))
  const about = statSync(path, { throwIfNoEntry: false })
  if (about === undefined) return undefined
  // V8 looks at its own version and flags, and at the length of the text; the rest of what it depends on is in the name.
  const file = cacheFile(`compiler-${process.version}-${process.arch}-${about.size}-${Math.trunc(about.mtimeMs)}`)
  const cachedData = file.readBytes()
  const script = new Script(readFileSync(path, 'latin1'), {
    filename: path,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const made: { coldCompiler?: ColdCompiler } = {}
  script.runInThisContext()(made, createRequire(import.meta.url))
  const { coldCompiler } = made
  if (coldCompiler === undefined || (cachedData !== undefined && script.cachedDataRejected !== true))
    return coldCompiler
  return {
    build(source) {
      const built = coldCompiler.build(source)
      // Only now are the functions there that compiling needs.
      file.write(script.createCachedData())
      return built
    },
  }
}
