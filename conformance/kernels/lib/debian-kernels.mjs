// Kernels of Debian's archive: which there are, and one of them unpacked into the cache.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApt } from './apt.mjs'
import { cached, contentKey, onceFolder } from './cache.mjs'
import { output } from './commands.mjs'
import { bootsByPvh, kernelBtf, unpackKernel } from './kernel-image.mjs'
import { wantedModules, writeModules } from './modules.mjs'
import { kernelPackageNames, kernelsOf, parsePackages } from './packages-index.mjs'
import { machines } from './wanted-kernels.mjs'

/** Of what is unpacked: another layout is another folder. */
const VERSION = `2 ${wantedModules.source}`

/** The kernels of one machine in the archive, newest first; `update` as apt's. */
export function archiveOf(machine, { now = false, say = () => undefined } = {}) {
  const apt = openApt(cached('apt', machine), machine)
  const how = apt.update({ now })
  if (how !== 'cached') say(`apt for ${machine}: indexes ${how}`)
  const stanzas = apt.indexes().flatMap((text) => parsePackages(text, kernelPackageNames))
  // A cloud kernel is smaller; a machine or a release without one has the general kernel
  const kernels = machines[machine].flavours.flatMap((flavour) => kernelsOf(stanzas, flavour))
  return { machine, apt, kernels }
}

/** Unpack packages into `tree`. */
export function unpackPackages(paths, tree) {
  mkdirSync(tree, { recursive: true })
  for (const path of paths) output('dpkg-deb', ['-x', path, tree])
}

/** Download a kernel and unpack it into `tree`. */
export function fetchKernel(archive, kernel, tree) {
  const packages = `${tree}.packages`
  try {
    unpackPackages(archive.apt.download(kernel.packages, packages), tree)
  } finally {
    rmSync(packages, { recursive: true, force: true })
  }
}

/**
 * A kernel in the cache: `image` to boot, `modules` as an archive of an initramfs, `btf`. Downloads and unpacks it at
 * first, which takes seconds; later it is there.
 */
export async function prepareKernel(archive, kernel) {
  const key = contentKey(VERSION, ...kernel.packages.map((one) => one.SHA256 ?? `${one.Package} ${one.Version}`))
  const folder = join(cached('kernels', archive.machine), `${kernel.release}-${key}`)
  await onceFolder(folder, (temporary) => {
    const tree = join(temporary, 'tree')
    fetchKernel(archive, kernel, tree)
    const packed = readFileSync(imagePath(tree, kernel.release))
    const unpacked = unpackKernel(packed)
    if (unpacked === undefined) throw new Error(`${kernel.release}: the image is packed in a way that is not known`)
    const direct = archive.machine === 'amd64' ? bootsByPvh(unpacked) : archive.machine === 'arm64'
    writeFileSync(join(temporary, 'image'), direct ? unpacked : packed)
    writeFileSync(join(temporary, 'vmlinux.btf'), kernelBtf(unpacked) ?? Buffer.alloc(0))
    const count = writeModules(tree, kernel.release, join(temporary, 'modules.cpio'))
    writeFileSync(join(temporary, 'kernel.json'), JSON.stringify({ direct, modules: count }))
    rmSync(tree, { recursive: true })
  })
  const about = JSON.parse(readFileSync(join(folder, 'kernel.json'), 'utf8'))
  return {
    ...kernel,
    machine: archive.machine,
    image: join(folder, 'image'),
    modules: join(folder, 'modules.cpio'),
    btf: join(folder, 'vmlinux.btf'),
    moduleCount: about.modules,
  }
}

/** Where packages of different times put the image. */
function imagePath(tree, release) {
  const places = ['boot', `usr/lib/modules/${release}`, `lib/modules/${release}`]
  const found = places
    .map((place) => join(tree, place))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => ({ name, path: join(folder, name) })))
    .find(({ name }) => /^vmlinu[xz](?:$|[-.])/.test(name))
  if (found === undefined) throw new Error(`${release}: the package has no kernel image`)
  return found.path
}
