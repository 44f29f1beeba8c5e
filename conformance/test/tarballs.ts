import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrapPnpm, pnpmScript, root, workspaceFolders } from '../../tools/bootstrap.mjs'
import { run } from '../../tools/steps.mjs'

/** A package of the workspace that is published. */
export interface PublishedPackage {
  /** `@tscc/core` */
  readonly name: string
  /** Path from the root: `packages/core`. */
  readonly folder: string
}

/** package.json, as far as tests read it. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export const publishedPackages: readonly PublishedPackage[] = workspaceFolders()
  .map((folder: string) => ({ folder, ...readManifest(join(root, folder)) }))
  .filter((one: Manifest) => one.private !== true)
  .map(({ name, folder }: PublishedPackage) => ({ name, folder }))

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** Pack every published package into `directory`, as a release does; the tarballs' paths. */
export async function packAll(directory: string): Promise<readonly string[]> {
  for (const { folder } of publishedPackages) {
    if (!existsSync(join(root, folder, 'dist/index.d.ts'))) throw new Error(`${folder}: is not built: npm run build`)
  }
  mkdirSync(directory, { recursive: true })
  if ((await bootstrapPnpm(run)) !== 0) throw new Error('pnpm cannot be installed')
  const filters = publishedPackages.flatMap(({ name }) => ['--filter', name])
  const args = [pnpmScript, ...filters, '--recursive', 'pack', '--pack-destination', directory]
  execFileSync(process.execPath, args, { cwd: root, stdio: 'pipe' })
  return readdirSync(directory).map((name) => join(directory, name))
}

/** The environment of a user's shell: without what npm, vitest and turbo told this process. */
export function plainEnv(): NodeJS.ProcessEnv {
  const own = /^(?:npm_(?:lifecycle|package|command|execpath|config_local_prefix)|VITEST|NODE_ENV|TURBO|INIT_CWD)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}
