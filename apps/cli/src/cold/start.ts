import { keptCompiler } from './kept-compiler.ts'
import { quickBuild } from './quick-build.ts'

/**
 * Do a command line the short way, which ends the process; false, and nothing done, where it is not one for that. Most of
 * what a command line needs is not needed for the one command that others run over and over.
 */
export function start(args: readonly string[]): boolean {
  if (!quickBuild(args, keptCompiler)) return false
  // All is written: nothing has to be taken down first.
  return process.exit(0)
}
