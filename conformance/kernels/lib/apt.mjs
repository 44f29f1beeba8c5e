// A second apt, with its own lists, caches and sources: the machine's apt is neither read, nor written, nor locked.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { output } from './commands.mjs'

/** Where kernels are, by the machine whose packages they are. The first index that has a package serves it. */
const suites = {
  amd64: [
    'bullseye',
    'bullseye-security',
    'bookworm',
    'bookworm-security',
    'bookworm-backports',
    'trixie',
    'trixie-security',
    'trixie-backports',
    'sid',
    'experimental',
  ],
  arm64: ['trixie', 'trixie-security', 'trixie-backports'],
  s390x: ['trixie', 'trixie-security'],
}

/** Sources that the machine itself uses, so that a mirror of its own serves the kernels, too. */
function machineMirror(pattern) {
  const files = ['/etc/apt/sources.list', ...folder('/etc/apt/sources.list.d')].filter((path) => existsSync(path))
  const uris = files.flatMap((path) => [
    ...readFileSync(path, 'utf8').matchAll(/^(?:URIs:|deb)\s.*?(https?:\/\/\S+)/gm),
  ])
  return uris.map((match) => match[1].replace(/\/+$/, '')).find((uri) => pattern.test(uri))
}

const folder = (path) => (existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [])

/** The two archives: what the environment says, else what the machine uses, else Debian's own. */
export function mirrors(env = process.env) {
  return {
    debian: env.TSCC_DEBIAN_MIRROR ?? machineMirror(/\/debian$/) ?? 'http://deb.debian.org/debian',
    security:
      env.TSCC_DEBIAN_SECURITY_MIRROR ?? machineMirror(/\/debian-security$/) ?? 'http://deb.debian.org/debian-security',
  }
}

/** sources.list of a machine's suites, by the keys of `keyring` (without it: those that the machine trusts). */
export function sourcesList(machine, { debian, security }, keyring) {
  const signed = keyring === undefined ? '' : `[signed-by=${keyring}] `
  const mirror = (suite) => (suite.endsWith('-security') ? security : debian)
  return suites[machine].map((suite) => `deb ${signed}${mirror(suite)} ${suite} main\n`).join('')
}

const keyring = ['debian-archive-keyring.pgp', 'debian-archive-keyring.gpg']
  .map((name) => join('/usr/share/keyrings', name))
  .find((path) => existsSync(path))

/** How the machine reaches its mirrors: proxies and the like. Nothing else of its configuration is taken over. */
function machineTransport() {
  const lines = output('apt-config', ['dump']).toString('utf8').split('\n')
  return lines.filter((line) => /^Acquire::(?:https?|Check-Valid-Until|Check-Date)\b.* ".+";$/.test(line)).join('\n')
}

const aDay = 24 * 3600 * 1000

/** The apt of a machine within `at`; nothing is fetched yet. */
export function openApt(at, machine) {
  const paths = ['lists/partial', 'cache', 'empty']
  for (const path of paths) mkdirSync(join(at, path), { recursive: true })
  const config = join(at, 'apt.conf')
  const status = join(at, 'status')
  if (!existsSync(status)) writeFileSync(status, '')
  writeFileSync(join(at, 'sources.list'), sourcesList(machine, mirrors(), keyring))
  writeFileSync(config, configuration(at, machine))
  const env = { ...process.env, APT_CONFIG: config, LC_ALL: 'C' }
  const stamp = join(at, 'updated')

  return {
    /** Fetch the indexes, unless that was done today; without a network the old ones do. */
    update({ now = false } = {}) {
      const sources = readFileSync(join(at, 'sources.list'), 'utf8')
      const fresh =
        existsSync(stamp) && readFileSync(stamp, 'utf8') === sources && Date.now() - statSync(stamp).mtimeMs < aDay
      if (fresh && !now) return 'cached'
      try {
        output('apt-get', ['update', '-q', '--error-on=any'], { env })
        writeFileSync(stamp, sources)
        return 'updated'
      } catch (error) {
        // A suite that the mirror lacks (or a network that is down) leaves what was fetched before
        if (this.indexes().length === 0) throw error
        return `not updated: ${error.message.split('\n').at(-1)}`
      }
    },
    /** The text of every Packages index. */
    indexes() {
      const files = readdirSync(join(at, 'lists')).filter((name) => /_Packages(?:\.\w+)?$/.test(name))
      const helper = '/usr/lib/apt/apt-helper'
      return files.map((name) => output(helper, ['cat-file', join(at, 'lists', name)], { env }).toString('utf8'))
    },
    /** Download stanzas of the indexes into `to`, checked by apt against the signed indexes; their paths. */
    download(stanzas, to) {
      mkdirSync(to, { recursive: true })
      output('apt-get', ['download', '-q', ...stanzas.map((one) => `${one.Package}=${one.Version}`)], { env, cwd: to })
      return readdirSync(to).map((name) => join(to, name))
    },
    /** Download packages with all that they depend on into `to`; their paths. */
    downloadWhole(names, to) {
      mkdirSync(join(to, 'partial'), { recursive: true })
      output(
        'apt-get',
        [
          'install',
          '-q',
          '-y',
          '--download-only',
          '--no-install-recommends',
          '-o',
          `Dir::Cache::Archives=${to}`,
          ...names,
        ],
        { env },
      )
      return readdirSync(to)
        .filter((name) => name.endsWith('.deb'))
        .map((name) => join(to, name))
    },
  }
}

function configuration(at, machine) {
  return `Dir::State "${at}";
Dir::State::Lists "${at}/lists";
Dir::State::status "${at}/status";
Dir::Cache "${at}/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::SourceList "${at}/sources.list";
Dir::Etc::SourceParts "${at}/empty";
Dir::Etc::Parts "${at}/empty";
Dir::Etc::Main "${at}/empty/apt.conf";
Dir::Etc::Preferences "${at}/empty/preferences";
Dir::Etc::PreferencesParts "${at}/empty";
APT::Architecture "${machine}";
APT::Architectures { "${machine}"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "60";
${machineTransport()}
`
}
