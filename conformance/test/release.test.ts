import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../tools/bootstrap.mjs'
import { type Stranger, stranger } from './stranger.ts'
import { plainEnv, publishedPackages, readManifest } from './tarballs.ts'

describe('changeset version, in a clone', () => {
  const news = 'Something that users notice.'
  const clone = mkdtempSync(join(tmpdir(), 'tscc-release-'))
  beforeAll(() => {
    execFileSync('git', ['clone', '--quiet', root, clone])
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
    // Right after a release there is nothing to tell but this
    writeFileSync(join(clone, '.changeset/one-more.md'), `---\n'@tscc/insn': patch\n---\n\n${news}\n`)
    const changeset = createRequire(import.meta.url).resolve('@changesets/cli/bin.js', { paths: [root] })
    execFileSync(process.execPath, [changeset, 'version'], { cwd: clone, env: plainEnv(), stdio: 'pipe' })
  }, 60_000)
  afterAll(() => rmSync(clone, { recursive: true, force: true }))

  /** A package that is not committed yet is not in the clone. */
  const packages = () => publishedPackages.filter(({ folder }) => existsSync(join(clone, folder)))

  test('gives every published package the same, later version', () => {
    const versions = new Set(packages().map(({ folder }) => readManifest(join(clone, folder)).version))
    const before = new Set(publishedPackages.map(({ folder }) => readManifest(join(root, folder)).version))
    expect(versions.size).toBe(1)
    expect([...versions][0]).toMatch(/^\d+\.\d+\.\d+$/)
    expect(before.size).toBe(1)
    expect(versions).not.toEqual(before)
  })

  test('writes what changed into changelogs, and leaves private packages and ranges alone', () => {
    for (const { name, folder } of packages()) {
      const { version, dependencies = {} } = readManifest(join(clone, folder))
      const changelog = readFileSync(join(clone, folder, 'CHANGELOG.md'), 'utf8')
      expect(changelog).toMatch(new RegExp(`^# ${name}\n\n## ${version.replaceAll('.', '\\.')}\n`))
      for (const [dependency, range] of Object.entries(dependencies))
        if (dependency.startsWith('@tscc/')) expect(range).toBe('workspace:*')
    }
    expect(readFileSync(join(clone, 'packages/insn/CHANGELOG.md'), 'utf8')).toContain(news)
    for (const folder of ['conformance', 'bench', 'apps/playground']) {
      expect(readManifest(join(clone, folder)).version).toBe(readManifest(join(root, folder)).version)
      expect(existsSync(join(clone, folder, 'CHANGELOG.md'))).toBe(false)
    }
    expect(readdirSync(join(clone, '.changeset'))).toEqual(['config.json'])
  })
})

describe('workflows', () => {
  const workflows = readdirSync(join(root, '.github/workflows')).map((name) => ({
    name,
    text: readFileSync(join(root, '.github/workflows', name), 'utf8'),
  }))

  test('actions are pinned to commits, with the version beside them', () => {
    const used = workflows.flatMap(({ text }) => [...text.matchAll(/uses:\s*(.+)$/gm)].map((match) => match[1] ?? ''))
    expect(used.length).toBeGreaterThan(4)
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([])
  })

  test('a workflow reads, and only the job that releases writes and signs', () => {
    for (const { name, text } of workflows) {
      expect([name, /^permissions:\n {2}contents: read\n\n/m.test(text)]).toEqual([name, true])
      expect([name, /id-token: write/.test(text)]).toEqual([name, name === 'release.yml'])
    }
    const release = workflows.find(({ name }) => name === 'release.yml')?.text ?? ''
    expect(release).toMatch(/^ {4}permissions:\n(?: {6}.+\n)* {6}id-token: write/m)
    expect(release).toContain('NPM_CONFIG_PROVENANCE: "true"')
    // Tests come before anything is published
    expect(release.indexOf('npm test')).toBeLessThan(release.indexOf('npm run release'))
    const { scripts } = readManifest(root) as { readonly scripts?: Readonly<Record<string, string>> } // the root's has some
    for (const [, script = ''] of release.matchAll(/npm run ([\w-]+)/g)) expect(scripts).toHaveProperty(script)
  })
})

describe('a machine that has never seen the repository', () => {
  const held: { machine?: Stranger } = {}
  const machine = () => {
    if (held.machine === undefined) throw new Error('there is no machine')
    return held.machine
  }
  beforeAll(async () => {
    held.machine = await stranger()
  }, 120_000)
  afterAll(() => held.machine?.close())

  test('npx @tscc/cli doctor', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await machine().run(machine().folder('empty'), 'npx', [
      '--yes',
      '@tscc/cli',
      'doctor',
    ])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^This machine can\nyes {2}compile, /m)
    expect(code).toBe(/^no /m.test(stdout) ? 1 : 0) // 1: this machine lacks something
  })

  test('npx @tscc/cli init, and the project installs and builds', { timeout: 120_000 }, async () => {
    const at = machine().folder('home')
    await machine().ok(at, 'npx', ['--yes', '@tscc/cli', 'init', 'my-cc'])
    const project = join(at, 'my-cc')
    await machine().ok(project, 'npm', ['install'])
    await machine().ok(project, 'npx', ['--no-install', 'tscc', 'build', 'my_cc.bpf.ts'])
    expect(existsSync(join(project, 'my_cc.bpf.o'))).toBe(true)
  })
})
