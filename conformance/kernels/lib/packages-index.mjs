// Debian's Packages indexes (deb822 text), and which kernels they offer.
import { compareVersions } from './debian-version.mjs'

/** Stanzas of an index whose package name matches, as objects of their one-line fields; read without splitting the rest. */
export function parsePackages(text, names) {
  const found = []
  for (const match of text.matchAll(/^Package: (\S+)$/gm)) {
    if (!names.test(match[1])) continue
    const end = text.indexOf('\n\n', match.index)
    const stanza = text.slice(match.index, end < 0 ? undefined : end)
    const fields = [...stanza.matchAll(/^([A-Za-z0-9-]+): ?(.*)$/gm)].map(([, name, value]) => [name, value])
    found.push(Object.fromEntries(fields))
  }
  return found
}

/** What a kernel is made of: before 6.19 one package, later several. */
export const kernelPackageNames = /^linux-(?:image|binary|binary-unsigned|modules)-\d[^ ]*$/

/** An image package smaller than this only depends on the others. */
const metaPackageSize = 100_000

/**
 * The kernels of an index: `{ release, flavour, version, packages, modules }`, newest first. `packages` are stanzas to download;
 * `modules` tells whether the archive still has the modules.
 */
export function kernelsOf(stanzas, flavour) {
  const releases = new Map()
  for (const stanza of stanzas) {
    const named = /^linux-(image|binary-unsigned|binary|modules)-(\d.*?)(-unsigned)?$/.exec(stanza.Package)
    if (named === null) continue
    const [, kind, release, unsigned] = named
    // The version of a release begins with a digit right up to the flavour: -rt-amd64 and -dbg are others
    if (
      !release.endsWith(`-${flavour}`) ||
      /-(?:rt|dbg)\b/.test(release) ||
      !/\d$/.test(release.slice(0, -flavour.length - 1))
    )
      continue
    // Meta packages are called after the series alone and have a dependency instead of a kernel
    const found = releases.get(release) ?? {}
    const key = unsigned === undefined ? kind : `${kind}-unsigned`
    if (kind === 'image' && Number(stanza.Size) < metaPackageSize) continue
    if (found[key] === undefined || compareVersions(stanza.Version, found[key].Version) > 0) found[key] = stanza
    releases.set(release, found)
  }
  return [...releases]
    .flatMap(([release, found]) => {
      const image = found.binary ?? found.image ?? found['binary-unsigned'] ?? found['image-unsigned']
      if (image === undefined) return []
      const whole = image === found.image || image === found['image-unsigned']
      const modules = found.modules?.Version === image.Version ? found.modules : undefined
      const packages = whole || modules === undefined ? [image] : [image, modules]
      return [{ release, flavour, version: image.Version, packages, modules: whole || modules !== undefined }]
    })
    .sort((a, b) => compareVersions(b.version, a.version) || compareVersions(b.release, a.release))
}
