import { compileFile } from './node/compile-file.ts'
import { type LiveModule, liveModule } from './node/live-module.ts'

export { CompileError, type LiveModule, liveModule } from './node/live-module.ts'

/** Compile a file and give its exports as live handles; throws a `CompileError` that shows what is wrong with it. */
export function loadLive(path: string): LiveModule {
  return liveModule(compileFile(path))
}
