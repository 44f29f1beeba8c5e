import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { root } from '../../tools/bootstrap.mjs'
import { plainEnv, publishedPackages, readManifest } from './tarballs.ts'

/** What a command of a reader printed, standard error after standard output, and how it ended. */
export interface Ended {
  /** Exit code; null where a signal or the time limit ended it. */
  readonly status: number | null
  readonly text: string
}

/** A folder of a reader, below which the published packages are installed. */
export interface ReaderProject {
  readonly folder: string
  /** Run a command in the folder or one below it, with the packages' commands on PATH; at most 110 s. */
  run(command: string, args: readonly string[], cwd?: string): Ended
  /** Remove all of it. */
  remove(): void
}

/** A new folder among the temporary files, with links to the packages of this repository. */
export function readerProject(): ReaderProject {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-docs-'))
  const modules = join(folder, 'node_modules')
  for (const name of ['@tscc', '.bin']) mkdirSync(join(modules, name), { recursive: true })
  for (const name of ['@types', 'typescript']) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  symlinkSync(join(root, 'node_modules/typescript/bin/tsc'), join(modules, '.bin/tsc'))
  for (const one of publishedPackages) {
    symlinkSync(join(root, one.folder), join(modules, one.name))
    for (const [command, path] of Object.entries(readManifest(join(root, one.folder)).bin ?? {})) {
      symlinkSync(join(root, one.folder, path), join(modules, '.bin', command))
    }
  }
  const env = {
    ...plainEnv(),
    PATH: [join(modules, '.bin'), process.env.PATH].join(delimiter),
    // The rules that are in force on this machine are not the documents'.
    TSCC_PINS: `/sys/fs/bpf/tscc-docs-${process.pid}`,
  }
  return {
    folder,
    run(command, args, cwd = folder) {
      const options = { cwd, env, encoding: 'utf8', timeout: 110_000 } as const
      const { status, stdout, stderr } = spawnSync(command, args, options)
      return { status, text: `${stdout}${stderr}` }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
