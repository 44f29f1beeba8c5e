import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapPnpm, pnpmScript, root, workspaceFolders } from '../../tools/bootstrap.mjs'
import { run } from '../../tools/steps.mjs'
import { type Stranger, stranger } from './stranger.ts'
import { plainEnv, publishedPackages, readManifest } from './tarballs.ts'

// What .github/workflows/release.yml does, to a registry on the loopback: the next version, all packages published, used.
const isCi = process.env.CI !== undefined
if (!isCi) console.warn('skipped: the rehearsal of a release takes a minute and runs where CI is set')

describe.skipIf(!isCi)('a release, rehearsed in a clone', () => {
  const held: { machine?: Stranger; clone: string } = { clone: '' }
  const machine = () => {
    if (held.machine === undefined) throw new Error('there is no machine')
    return held.machine
  }
  const changeset = (command: string) =>
    machine().ok(held.clone, join(held.clone, 'node_modules/.bin/changeset'), [command])
  const version = () => readManifest(join(held.clone, 'packages/core')).version

  beforeAll(async () => {
    expect(await bootstrapPnpm(run)).toBe(0)
    const path = join(dirname(pnpmScript), '../../.bin')
    held.machine = await stranger({ published: 'nothing', path })
    const clone = join(machine().folder('clone'), 'tscc')
    held.clone = clone
    execFileSync('git', ['clone', '--quiet', root, clone])
    for (const setting of [
      ['user.name', 'release'],
      ['user.email', 'release@localhost'],
    ]) // prettier-ignore
      execFileSync('git', ['-C', clone, 'config', ...setting])
    const store = execFileSync(process.execPath, [pnpmScript, 'store', 'path'], { cwd: root, env: plainEnv() })
    const flags = ['--frozen-lockfile', '--prefer-offline', '--ignore-scripts', `--config.store-dir=${store}`.trim()]
    execFileSync(process.execPath, [pnpmScript, 'install', ...flags], { cwd: clone, env: plainEnv(), stdio: 'pipe' })
    for (const folder of workspaceFolders())
      if (existsSync(join(root, folder, 'dist')))
        cpSync(join(root, folder, 'dist'), join(clone, folder, 'dist'), { recursive: true })
    writeFileSync(join(clone, '.changeset/one-more.md'), "---\n'@tscc/insn': patch\n---\n\nOne more.\n")
    await changeset('version')
  }, 120_000)
  afterAll(() => held.machine?.close())

  test('nothing can be published without a statement of provenance', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await machine().run(join(held.clone, 'packages/core'), 'pnpm', [
      'publish',
      '--no-git-checks',
    ])
    expect(code).not.toBe(0)
    expect(stdout + stderr).toMatch(/provenance/i)
  })

  test('all packages are published, with tags', { timeout: 300_000 }, async () => {
    // A statement takes the identity of the workflow
    for (const { folder } of publishedPackages) {
      const path = join(held.clone, folder, 'package.json')
      writeFileSync(path, readFileSync(path, 'utf8').replace('"provenance": true', '"provenance": false'))
    }
    expect(await changeset('publish')).toContain('packages published successfully')
    const tags = execFileSync('git', ['-C', held.clone, 'tag'], { encoding: 'utf8' }).trim().split('\n')
    expect(tags.sort()).toEqual(publishedPackages.map(({ name }) => `${name}@${version()}`).sort())
  })

  test('what is published installs and runs, in one version', { timeout: 120_000 }, async () => {
    const project = machine().folder('user')
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
    await machine().ok(project, 'npm', ['install', ...publishedPackages.map(({ name }) => name)])
    for (const { name } of publishedPackages) {
      const manifest = readManifest(join(project, 'node_modules', name))
      expect([name, manifest.version]).toEqual([name, version()])
      for (const [dependency, range] of Object.entries(manifest.dependencies ?? {}))
        expect([dependency, range]).toEqual([dependency, expect.stringMatching(/^\d+\.\d+\.\d+$/)])
      expect(existsSync(join(project, 'node_modules', name, 'CHANGELOG.md'))).toBe(true)
    }
    expect(await machine().ok(project, 'npx', ['--no-install', 'tscc', '--version'])).toBe(`${version()}\n`)
    expect((await machine().run(project, 'npm', ['view', '@tscc/playground'])).code).not.toBe(0)
  })
})
