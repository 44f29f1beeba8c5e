// The modules that a guest may want, unpacked, with what modprobe reads, as one archive.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cpioArchive, writeArchive } from './cpio.mjs'
import { decompress, elfSection } from './kernel-image.mjs'

/** Queues, congestion controls, diagnosis, virtual devices: networking on one machine. */
export const wantedModules =
  /^kernel\/(?:net\/sched\/|net\/ipv4\/tcp_|net\/ipv4\/(?:inet|udp)_diag|net\/ipv6\/ipv6\.|drivers\/net\/(?:veth|ifb|dummy|vxlan\/))/

/** What a module says of itself in `.modinfo` (lines end in NUL): modules it needs, names it answers to. */
export function parseModinfo(bytes) {
  const lines = bytes.toString('latin1').split('\0')
  const values = (key) => lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
  const list = (text) => text.split(/[ ,]+/).filter((name) => name !== '')
  const before = values('softdep').flatMap((text) => list(/pre: (.*?)(?: post:|$)/.exec(text)?.[1] ?? ''))
  return {
    depends: values('depends').flatMap(list).map(plainName),
    before: before.map(plainName),
    aliases: values('alias'),
  }
}

const plainName = (name) => name.replace(/-/g, '_')

/** `kernel/net/sched/sch_fq.ko.xz` is `sch_fq`. */
export const moduleName = (path) => plainName(basename(path).replace(/\.ko(?:\..*)?$/, ''))

/** Names that are needed for `name`, what comes first first; `info` gives a module's, undefined for one that is built in. */
export function loadOrder(name, info, seen = new Set()) {
  if (seen.has(name)) return []
  seen.add(name)
  const found = info(name)
  if (found === undefined) return []
  return [...[...found.depends, ...found.before].flatMap((one) => loadOrder(one, info, seen)), name]
}

/** The folder of a release's modules in an unpacked package. */
function moduleFolder(tree, release) {
  const places = [join(tree, 'lib/modules', release), join(tree, 'usr/lib/modules', release)]
  return places.find((folder) => existsSync(join(folder, 'kernel')))
}

/** Paths of modules by name. */
function modulePaths(at) {
  const files = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((path) => /\.ko(?:\.\w+)?$/.test(path))
  return new Map(files.sort().map((path) => [moduleName(path), path]))
}

function readModule(path) {
  const packed = readFileSync(path)
  return decompress(packed) ?? packed
}

/** Write the archive of `tree` (an unpacked package) to `path`; the number of modules, 0 where the package has none. */
export function writeModules(tree, release, path) {
  const at = moduleFolder(tree, release)
  const archive = cpioArchive()
  const home = `usr/lib/modules/${release}`
  archive.directory(home)
  const modules = new Map()
  if (at !== undefined) {
    const paths = modulePaths(at)
    const info = (name) => {
      const file = paths.get(name)
      if (file === undefined) return undefined
      if (!modules.has(name)) {
        const bytes = readModule(join(at, file))
        modules.set(name, { bytes, ...parseModinfo(elfSection(bytes, '.modinfo') ?? Buffer.alloc(0)) })
      }
      return modules.get(name)
    }
    const orders = [...paths].filter(([, file]) => wantedModules.test(file)).map(([name]) => loadOrder(name, info))
    for (const [name, { bytes }] of modules) archive.file(`${home}/${name}.ko`, bytes)
    const orderOf = new Map([...orders.flat()].map((name) => [name, loadOrder(name, info)]))
    const lines = [...orderOf].map(
      ([name, order]) =>
        `${name}.ko: ${order
          .slice(0, -1)
          .reverse()
          .map((one) => `${one}.ko`)
          .join(' ')}\n`,
    )
    archive.file(`${home}/modules.dep`, Buffer.from(lines.join('')))
    const aliases = [...modules].flatMap(([name, one]) => one.aliases.map((alias) => `alias ${alias} ${name}\n`))
    archive.file(`${home}/modules.alias`, Buffer.from(aliases.join('')))
    archive.file(`${home}/modules.symbols`, Buffer.alloc(0))
    if (existsSync(join(at, 'modules.builtin')))
      archive.file(`${home}/modules.builtin`, readFileSync(join(at, 'modules.builtin')))
  }
  writeArchive(path, archive)
  return modules.size
}

/** One module's file, unpacked; undefined where the package has none of that name. */
export function readModuleOf(tree, release, name) {
  const at = moduleFolder(tree, release)
  const path = at === undefined ? undefined : modulePaths(at).get(name)
  return path === undefined ? undefined : readModule(join(at, path))
}
