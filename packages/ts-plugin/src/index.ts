import { join } from 'node:path'
import type ts from 'typescript'
import { announceFixes } from './announce-fixes.ts'
import { openChecker } from './checker.ts'
import { decorated } from './decorated.ts'
import { guarded } from './guarded.ts'

/** A plugin as tsserver takes it. */
export interface Plugin {
  /** A project's language service with the compiler's diagnostics and quick fixes for `*.bpf.ts` files. */
  create(info: object): object
}

/** One for all projects of a server: it has a thread of its own. */
const checker = openChecker(join(import.meta.dirname, 'worker.cjs'))

/** What tsserver calls, as the module's only value, with its own TypeScript; `info` is its `PluginCreateInfo`. */
export function init(modules: { readonly typescript: object }): Plugin {
  return {
    create(info) {
      // tsserver gives what its declarations say; they are not ours to publish.
      const given = info as ts.server.PluginCreateInfo
      const typescript = modules.typescript as typeof ts
      const log = (message: string): void => given.project.projectService.logger.info(`[tscc] ${message}`)
      guarded(log, 'quick fixes', () => announceFixes(typescript), undefined)
      return guarded(log, 'create', () => decorated(typescript, given, checker, log), given.languageService)
    },
  }
}
