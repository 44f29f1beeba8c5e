import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** They have others within them. */
const BUNDLES = [join(root, 'apps/cli'), join(root, 'packages/ts-plugin')]

/** For tests that start processes, which run dist: bundle every package whose sources are newer. One at a time. */
export async function freshDist(): Promise<void> {
  const lock = join(root, '.cache/fresh-dist')
  mkdirSync(dirname(lock), { recursive: true })
  await takeLock(lock)
  try {
    const changed = packageFolders().filter((folder) => {
      const built = newest(join(folder, 'dist'), (path) => /\.c?js$/.test(path))
      return newest(join(folder, 'src'), () => true) > built
    })
    for (const folder of changed) bundle(folder)
    for (const folder of BUNDLES) if (changed.length > 0 && !changed.includes(folder)) bundle(folder)
  } finally {
    rmdirSync(lock)
  }
}

function packageFolders(): readonly string[] {
  return ['packages', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
}

/** The package's build script, without tsc: types are checked elsewhere. */
function bundle(folder: string): void {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly build: string }
  } // every package has one
  execFileSync('sh', ['-c', scripts.build.replace(/^.*\btsc -b && /, '')], { cwd: folder, stdio: 'inherit' })
}

async function takeLock(lock: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(lock)
      return
    } catch (error) {
      if (tries > 600) throw error
      const held = statSync(lock, { throwIfNoEntry: false })
      if (held !== undefined && Date.now() - held.mtimeMs > 120_000) rmdirSync(lock) // its owner was killed
      await sleep(100)
    }
  }
}

function newest(directory: string, wanted: (path: string) => boolean): number {
  try {
    const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    return Math.max(0, ...paths.filter(wanted).map((path) => statSync(join(directory, path)).mtimeMs))
  } catch {
    return 0
  }
}
