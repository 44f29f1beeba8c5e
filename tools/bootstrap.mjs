// From a machine with only Node and npm to an installed workspace. Plain Node: runs before anything is installed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Why this Node is too old for the workspace and what mends it; undefined where it is not. */
export function nodeObstacle(found = process.versions.node, wanted = manifest.engines.node) {
  const least = wanted.replace('>=', '').split('.').map(Number)
  const have = found.split('.').map(Number)
  const at = least.findIndex((number, index) => number !== have[index])
  return at === -1 || have[at] > least[at]
    ? undefined
    : `Node.js ${found} is too old, ${wanted} is needed: install a newer one (https://nodejs.org) and run this again`
}

/** The pinned pnpm's version, from package.json's packageManager. */
export const pnpmVersion = manifest.packageManager.replace(/^pnpm@/, '').replace(/\+.*$/, '')

const pnpmHome = join(root, '.cache', `pnpm-${pnpmVersion}`)

/** The pinned pnpm, run by this Node: `run(process.execPath, [pnpmScript, 'install'])`. */
export const pnpmScript = join(pnpmHome, 'node_modules/pnpm/bin/pnpm.cjs')

/** The environment of every child: pnpm and the workspace's commands on PATH, nothing that reports home. */
export const childEnv = {
  ...process.env,
  PATH: [join(pnpmHome, 'node_modules/.bin'), join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
  npm_config_update_notifier: 'false',
}

/**
 * Install the pinned pnpm into .cache, through npm alone; at once when it is there.
 *
 * It is installed beside its final place and renamed, so that an interrupted install is never taken for a whole one.
 */
export async function bootstrapPnpm(run) {
  if (existsSync(pnpmScript)) return 0
  const unfinished = `${pnpmHome}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  // npm installs into the nearest folder that looks like a package: make this one
  writeFileSync(join(unfinished, 'package.json'), '{"private":true}\n')
  const flags = ['--no-save', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error']
  const code = await run('npm', ['install', '--prefix', unfinished, ...flags, `pnpm@${pnpmVersion}`], {
    // `npm test` tells its children about itself: this npm must not take the workspace for its own project
    env: without(childEnv, /^npm_(lifecycle|package|config_(local_prefix|global|workspaces?|location))/i),
    cwd: unfinished,
    shell: process.platform === 'win32',
  })
  if (code === 0 && !existsSync(pnpmHome)) renameSync(unfinished, pnpmHome)
  rmSync(unfinished, { recursive: true, force: true })
  return code
}

/** Install what the lock file says; at once when neither it nor a package.json has changed since. */
export async function installWorkspace(run) {
  const stamp = join(root, 'node_modules/.cache/tscc-install')
  const wanted = installKey()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0
  rmSync(stamp, { force: true })
  const flags = ['--frozen-lockfile', '--reporter=append-only', '--config.confirmModulesPurge=false']
  const code = await run(process.execPath, [pnpmScript, 'install', ...flags], { env: childEnv })
  if (code === 0) {
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, wanted)
  }
  return code
}

/** Folders of all packages of the workspace, relative to the root, as pnpm-workspace.yaml lists them. */
export function workspaceFolders(at = root) {
  const lines = readFileSync(join(at, 'pnpm-workspace.yaml'), 'utf8').split('\n')
  const patterns = lines.flatMap((line) => /^ {2}- ([a-z-]+(?:\/\*)?)$/.exec(line)?.[1] ?? [])
  return patterns
    .flatMap((pattern) => {
      const folder = pattern.replace('/*', '')
      if (folder === pattern) return [folder]
      return existsSync(join(at, folder)) ? readdirSync(join(at, folder)).map((name) => `${folder}/${name}`) : []
    })
    .filter((folder) => existsSync(join(at, folder, 'package.json')))
    .sort()
}

function installKey() {
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${pnpmVersion}\n`)
  for (const file of [...files, ...workspaceFolders().map((folder) => join(folder, 'package.json'))]) {
    hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function without(env, pattern) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !pattern.test(name)))
}
