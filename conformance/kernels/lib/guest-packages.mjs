// @tscc/* as a release packs them, installed as a user installs them, as a part of the initramfs.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrapPnpm, pnpmScript, root, workspaceFolders } from '../../../tools/bootstrap.mjs'
import { cached, contentKey, onceFolder } from './cache.mjs'
import { cpioArchive, writeArchive } from './cpio.mjs'
import { addLibraries, runsOurs } from './guest-base.mjs'

/** npm's names of the machines. */
const cpuOf = { amd64: 'x64', arm64: 'arm64' }

/** Published packages: `{ name, folder }`. */
function publishedPackages() {
  return workspaceFolders()
    .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) }))
    .filter((one) => one.private !== true)
    .map(({ name, folder }) => ({ name, folder }))
}

/** Everything that goes into the archive, and how: another build is another key. */
function buildKey(packages) {
  const files = packages.flatMap(({ folder }) => {
    const dist = join(root, folder, 'dist')
    if (!['index.js', 'index.cjs'].some((name) => existsSync(join(dist, name))))
      throw new Error(`${folder}: is not built: npm run build`)
    const paths = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((path) => /\.c?js$/.test(path))
    return [join(root, folder, 'package.json'), ...paths.sort().map((path) => join(dist, path))]
  })
  return contentKey(...[import.meta.filename, ...files].map((path) => readFileSync(path)))
}

/** The archive with /job/node_modules: the packed tarballs and what they depend on, for the machine. */
export async function guestPackages(machine) {
  const packages = publishedPackages()
  const folder = join(cached('pieces'), `packages-${machine}-${buildKey(packages)}`)
  await onceFolder(folder, async (temporary) => {
    const project = join(temporary, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "name": "guest", "private": true, "type": "module" }\n')
    const tarballs = await pack(packages, join(temporary, 'tarballs'))
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--prefer-offline']
    const target = [`--cpu=${cpuOf[machine]}`, '--os=linux', '--libc=glibc']
    execFileSync('npm', ['install', ...flags, ...target, ...tarballs], { cwd: project, env: plainEnv(), stdio: 'pipe' })
    const archive = cpioArchive()
    archive.add(join(project, 'node_modules'), 'job/node_modules', (path) => !/\/\.bin$|\.d\.ts$/.test(path))
    archive.file('job/package.json', readFileSync(join(project, 'package.json')))
    if (runsOurs(machine)) for (const addon of addonsOf(project)) addLibraries(archive, addon)
    writeArchive(join(temporary, 'packages.cpio'), archive)
    for (const name of ['project', 'tarballs']) rmSync(join(temporary, name), { recursive: true })
  })
  return join(folder, 'packages.cpio')
}

/** Native addons: they may need libraries that Node.js itself does without. */
const addonsOf = (project) =>
  readdirSync(join(project, 'node_modules'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.node'))
    .map((path) => join(project, 'node_modules', path))

/** The exit code of a command. The workspace's own `run` would take this process's signals over. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

async function pack(packages, directory) {
  mkdirSync(directory)
  if ((await bootstrapPnpm(run)) !== 0) throw new Error('pnpm cannot be installed')
  const filters = packages.flatMap(({ name }) => ['--filter', name])
  const args = [pnpmScript, ...filters, '--recursive', 'pack', '--pack-destination', directory]
  execFileSync(process.execPath, args, { cwd: root, stdio: 'pipe' })
  return readdirSync(directory).map((name) => join(directory, name))
}

/** The environment without what npm told this process: its own npm must not take the workspace for its project. */
function plainEnv() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_ENV$|INIT_CWD$)/.test(name)))
}
