import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { root } from '../../tools/bootstrap.mjs'
import { type Manifest, plainEnv, readManifest } from './tarballs.ts'

/** A registry of packages on the loopback, as npm asks one. */
export interface LocalRegistry {
  /** `http://127.0.0.1:4873/` */
  readonly url: string
  /** Names that were asked for and are not here: parts of packages that are for other platforms. */
  readonly unknown: ReadonlySet<string>
  readonly close: () => void
}

interface Served {
  readonly manifest: Manifest
  /** Where its tarball is; made when it is first wanted. */
  readonly tarball: () => string
}

/** What `npm publish` sends, as far as it is of interest. */
interface Publication {
  readonly name: string
  readonly versions: Readonly<Record<string, Manifest>>
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>
}

/**
 * Serve what a release would publish, and what the workspace has installed of others: `npm install` of a project that
 * knows nothing of the workspace, with published names and versions, takes no network.
 *
 * `tarballs` are those of `packAll`; `folder` is for what is made here, and for what is published to it.
 */
export async function serveRegistry(tarballs: readonly string[], folder: string): Promise<LocalRegistry> {
  mkdirSync(folder, { recursive: true })
  const own = new Map(tarballs.map((path) => ownPackage(path)).map((one) => [one.manifest.name, [one]]))
  const unknown = new Set<string>()
  const find = (name: string): readonly Served[] => own.get(name) ?? installedPackages(name, folder)

  const server = createServer(async (request, response) => {
    if (request.method === 'PUT') {
      const { name, served } = publishedPackage(await bodyOf(request), folder)
      own.set(name, [...(own.get(name) ?? []), served])
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"ok":true}')
      return
    }
    const [, name = '', version] = /^\/((?:@[\w.-]+\/)?[\w.-]+)(?:\/-\/([\w.+-]+)\.tgz)?$/.exec(pathOf(request)) ?? []
    const found = name === '' ? [] : find(name)
    if (found.length === 0) {
      unknown.add(name)
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
    } else if (version === undefined) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(packument(found, `http://${request.headers.host}/`)))
    } else {
      const tarball = found.find((one) => one.manifest.version === version)?.tarball()
      response.writeHead(tarball === undefined ? 404 : 200, { 'content-type': 'application/octet-stream' })
      response.end(tarball === undefined ? undefined : readFileSync(tarball))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port
  return { url: `http://127.0.0.1:${port}/`, unknown, close: () => server.close() }
}

/** The environment of a machine that never saw this repository: an empty home, an empty cache, this registry. */
export function strangerEnv(registry: LocalRegistry, home: string): NodeJS.ProcessEnv {
  mkdirSync(home, { recursive: true })
  // Who publishes there must say who they are, and may be anybody
  writeFileSync(join(home, '.npmrc'), `${registry.url.replace('http:', '')}:_authToken=anybody\n`)
  // Nor an identity: what a workflow may sign and publish with is not for tests
  const env = Object.entries(plainEnv()).filter(
    ([name]) => !/^(?:npm_config_|TSCC_|XDG_|GITHUB_|ACTIONS_|GITLAB_|SIGSTORE_|NPM_TOKEN|NODE_AUTH_TOKEN)/i.test(name),
  )
  return {
    ...Object.fromEntries(env),
    HOME: home,
    npm_config_registry: registry.url,
    npm_config_userconfig: join(home, '.npmrc'),
    npm_config_globalconfig: join(home, 'npmrc'),
    npm_config_cache: join(home, '.npm'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_loglevel: 'error',
  }
}

function pathOf({ url = '' }: { readonly url?: string | undefined }): string {
  return decodeURIComponent(new URL(url, 'http://localhost').pathname)
}

async function bodyOf(request: IncomingMessage): Promise<Publication> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

/** Keep what was published: one version, with its tarball in base64. */
function publishedPackage({ name, versions, _attachments }: Publication, folder: string) {
  const [manifest] = Object.values(versions)
  const [attachment] = Object.values(_attachments)
  if (manifest === undefined || attachment === undefined) throw new Error(`${name}: nothing in the publication`)
  const file = join(folder, `${name.replace('/', '-')}-${manifest.version}.tgz`)
  writeFileSync(file, Buffer.from(attachment.data, 'base64'))
  return { name, served: { manifest, tarball: () => file } }
}

function packument(found: readonly Served[], url: string): object {
  const versions = found.map(({ manifest }) => {
    const { name, version } = manifest
    return [version, { ...manifest, dist: { tarball: `${url}${name}/-/${version}.tgz` } }] as const
  })
  return {
    name: found[0]?.manifest.name,
    'dist-tags': { latest: versions.at(-1)?.[0] },
    versions: Object.fromEntries(versions),
  }
}

function ownPackage(path: string): Served {
  const text = execFileSync('tar', ['-xzOf', path, 'package/package.json'], { encoding: 'utf8' })
  return { manifest: JSON.parse(text), tarball: () => path }
}

/** Every version that pnpm has installed of a package. */
function installedPackages(name: string, folder: string): readonly Served[] {
  return installedFolders(name).map((at) => {
    const manifest = readManifest(at)
    const id = createHash('sha256').update(at).digest('hex').slice(0, 12)
    const file = join(folder, `${basename(at)}-${manifest.version}-${id}.tgz`)
    return { manifest, tarball: () => (existsSync(file) ? file : packFolder(at, file)) }
  })
}

/** Folders of a package's installed versions, in pnpm's store of this workspace. */
export function installedFolders(name: string): readonly string[] {
  const store = join(root, 'node_modules/.pnpm')
  const prefix = `${name.replace('/', '+')}@`
  const byVersion = readdirSync(store)
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => join(store, entry, 'node_modules', name))
    .filter((at) => existsSync(join(at, 'package.json')))
    .map((at) => [readManifest(at).version, at] as const)
  return [...new Map(byVersion).values()]
}

/** npm takes a tarball's only folder for the package, whatever its name. */
function packFolder(at: string, file: string): string {
  execFileSync('tar', ['-czf', file, '--exclude', 'node_modules', '-C', dirname(at), basename(at)])
  return file
}
