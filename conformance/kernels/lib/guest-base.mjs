// The part of the initramfs that is the same for every kernel of a machine: busybox, Node.js, tools, init.
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openApt } from './apt.mjs'
import { cached, contentKey, onceFolder, used } from './cache.mjs'
import { findCommand, needCommand, output } from './commands.mjs'
import { cpioArchive, writeArchive } from './cpio.mjs'
import { unpackPackages } from './debian-kernels.mjs'
import { guestPorts, initScript } from './guest-init.mjs'

/** Taken along where this machine has them. */
const tools = ['ip', 'tc', 'ss', 'bpftool', 'ethtool', 'setpriv']

/** /bin and the like are links into /usr, as on any Debian. */
const merged = ['bin', 'sbin', 'lib', 'lib64']

function newBase(machine) {
  const archive = cpioArchive()
  for (const name of [
    'proc',
    'sys',
    'dev',
    'tmp',
    'run',
    'root',
    'etc',
    'usr/bin',
    'usr/sbin',
    'usr/lib',
    'usr/lib64',
    'job',
  ])
    archive.directory(name)
  for (const name of merged) archive.link(name, `usr/${name}`)
  archive.device('dev/console', 5, 1)
  archive.device('dev/null', 1, 3)
  archive.file('init', Buffer.from(initScript(guestPorts[machine])), 0o755)
  archive.file('etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/sh\n'))
  archive.file('etc/group', Buffer.from('root:x:0:\n'))
  archive.file('etc/hosts', Buffer.from('127.0.0.1 localhost\n::1 localhost\n'))
  archive.file('etc/nsswitch.conf', Buffer.from('hosts: files\n'))
  return archive
}

/** The base of guests like this machine: its own programs, with the libraries that ldd names. The archive's path. */
function hostBase() {
  const found = [needCommand('busybox'), process.execPath, ...tools.map(findCommand)].filter(
    (path) => path !== undefined,
  )
  const stamps = found.map((path) => `${path} ${statSync(path).mtimeMs} ${statSync(path).size}`)
  const path = join(cached('pieces'), `base-${contentKey(initScript(guestPorts.amd64), ...stamps)}.cpio`)
  if (existsSync(path)) return used(path)
  const archive = newBase('amd64')
  for (const program of found) {
    const name = program === process.execPath ? 'node' : program.replace(/^.*\//, '')
    archive.file(`usr/bin/${name}`, readFileSync(program), 0o755)
    addLibraries(archive, program)
  }
  writeArchive(path, archive)
  return path
}

/** What a program or a library of this machine needs to be loaded, at the same places in the guest. */
export function addLibraries(archive, program) {
  for (const library of librariesOf(program)) archive.file(usrPath(library), readFileSync(library), 0o755)
}

/** Paths of a program's libraries and of its loader; a static program has none. */
function librariesOf(program) {
  try {
    return [
      ...output('ldd', [program])
        .toString('utf8')
        .matchAll(/(?:=> )?(\/\S+) \(0x/g),
    ].map((match) => match[1])
  } catch {
    return []
  }
}

const usrPath = (path) => (merged.includes(path.split('/')[1]) ? `usr${path}` : path)

/** Debian's own Node.js, which is new enough from trixie on. */
const foreignPackages = ['busybox-static', 'nodejs', 'iproute2', 'bpftool']

/** What a guest has no use for. Debian's Node.js reads some of its own modules from share/nodejs. */
const unwanted =
  /^usr\/(?:share\/(?!$|iproute2|nodejs)|include|games|lib\/(?:systemd|python|ssl|tmpfiles))|^(?:var|boot|etc)\//

/** The base of another machine: packages of that machine, through a second apt. */
async function foreignBase(machine) {
  const key = contentKey(initScript(guestPorts[machine]), ...foreignPackages, unwanted.source)
  const folder = await onceFolder(join(cached('pieces'), `base-${machine}-${key}`), (temporary) => {
    const apt = openApt(cached('apt', machine), machine)
    apt.update()
    const tree = join(temporary, 'tree')
    unpackPackages(apt.downloadWhole(foreignPackages, join(temporary, 'packages')), tree)
    const archive = newBase(machine)
    for (const name of readdirSync(tree).sort()) {
      const from = join(tree, name)
      const to = merged.includes(name) ? `usr/${name}` : name
      if (statSync(from).isDirectory()) archive.add(realpathSync(from), to, (path) => !unwanted.test(`${path}/`))
    }
    archive.link('usr/bin/busybox', '../../bin/busybox')
    writeArchive(join(temporary, 'base.cpio'), archive)
    for (const name of ['tree', 'packages']) rmSync(join(temporary, name), { recursive: true })
  })
  return join(folder, 'base.cpio')
}

/** Whether guests of the machine run this machine's own programs. */
export const runsOurs = (machine) => machine === 'amd64' && process.arch === 'x64'

/** The archive's path, made when it is not there. */
export async function guestBase(machine) {
  return runsOurs(machine) ? hostBase() : foreignBase(machine)
}
