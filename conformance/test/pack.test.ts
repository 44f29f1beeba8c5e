import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir, hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../tools/bootstrap.mjs'
import { needs } from '../../tools/needs.ts'
import { unusedParts } from '../../tools/stale-outputs.mjs'
import { packAll, plainEnv, publishedPackages, readManifest } from './tarballs.ts'

const temporary = mkdtempSync(join(tmpdir(), 'tscc-pack-'))
const project = join(temporary, 'project')
const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')

beforeAll(async () => {
  const tarballs = await packAll(join(temporary, 'tarballs'))
  expect(tarballs).toHaveLength(publishedPackages.length)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  execFileSync('npm', ['install', ...flags, ...tarballs], { cwd: project, env: plainEnv(), stdio: 'pipe' })
  cpSync(join(root, 'conformance/consumers'), project, { recursive: true })
}, 180_000)

afterAll(() => rmSync(temporary, { recursive: true, force: true }))

/** A command in the consumer's project: its output, or an error that has all of it. */
function runIn(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: project,
    env: plainEnv(),
    encoding: 'utf8',
  })
  if (status !== 0 || error !== undefined) {
    throw new Error(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}\n${stderr}`, { cause: error })
  }
  return stdout.trim()
}

function typeCheck(module: string, moduleResolution: string, emit: boolean): string {
  const lib = ['--lib', 'es2023,esnext.disposable,dom', '--target', 'es2022', '--strict']
  // Declarations are checked too, not only how they are used
  const options = [...lib, '--skipLibCheck', 'false', '--module', module, '--moduleResolution', moduleResolution]
  return runIn(process.execPath, [tsc, ...options, ...(emit ? ['--outDir', 'js'] : ['--noEmit']), ...consumers()])
}

function consumers(): readonly string[] {
  return readdirSync(project).filter((name) => name.endsWith('.ts'))
}

describe.each(publishedPackages)('the tarball of $name', ({ name, folder }) => {
  const installed = () => join(project, 'node_modules', name)
  const files = () =>
    readdirSync(installed(), { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed().length + 1))
      .filter((path) => !path.startsWith('node_modules/'))

  test('has what is declared and nothing else', () => {
    const declared =
      /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/(?:cold|start|index|worker)\.cjs|dist\/.+\.(?:js|d\.c?ts)|bin\/(?:[\w-]+\.js|package\.json))$/
    expect(files().filter((path) => !declared.test(path))).toEqual([])
    expect(files()).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/index.d.ts']))
    expect(files().filter((path) => path.startsWith('dist/') && !isSource(folder, path))).toEqual([])
    const outputs = files().flatMap((path) => (path.startsWith('dist/') ? [path.slice(5)] : []))
    expect(unusedParts(join(installed(), 'dist'), outputs)).toEqual([])
  })

  test('has the licence of the repository, and nothing of the machine that built it', () => {
    expect(readFileSync(join(installed(), 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'))
    const telling = files().filter((path) => {
      const text = readFileSync(join(installed(), path), 'utf8')
      return [root, homedir(), hostname()].some((word) => word.length > 6 && text.includes(word))
    })
    expect(telling).toEqual([])
  })

  test('has an export map whose targets exist, and binaries that start with #!', () => {
    const { exports, bin = {} } = readManifest(installed())
    expect(exports['./package.json']).toBe('./package.json')
    for (const target of Object.values(exports)) {
      for (const path of typeof target === 'string' ? [target] : Object.values(target))
        expect(files()).toContain(path.slice(2))
      if (typeof target !== 'string') expect(Object.keys(target)[0]).toBe('types')
    }
    for (const path of Object.values(bin)) {
      expect(readFileSync(join(installed(), path), 'utf8')).toMatch(/^#!\/(?:usr\/bin\/env node|bin\/sh)\n/)
    }
  })

  test('depends on versions, and says who made it, under which licence, for which Node.js', () => {
    const manifest = readManifest(installed())
    for (const [dependency, version] of Object.entries(manifest.dependencies ?? {})) {
      expect(version).toMatch(/^\d+\.\d+\.\d+/)
      if (dependency.startsWith('@tscc/')) expect(version).toBe(manifest.version)
    }
    expect(manifest).toMatchObject({
      license: 'MIT',
      type: 'module',
      engines: { node: '>=20.19.0' },
      repository: { type: 'git', directory: folder },
      publishConfig: { access: 'public', provenance: true },
    })
    expect(manifest.sideEffects).toBeDefined()
    expect(manifest.description).toMatch(/\w/)
    expect(manifest.keywords).toContain('bpf')
    for (const field of ['scripts', 'devDependencies'])
      expect(JSON.stringify(manifest[field] ?? {})).not.toMatch(/postinstall/)
  })

  test('is what publint calls right', async () => {
    const { messages } = await publint({ pkgDir: installed(), pack: false, strict: true })
    const manifest = readManifest(installed())
    // It knows no shebang but env's; what binaries start with is looked at above.
    const other = messages.filter(({ code }) => code !== 'BIN_FILE_NOT_EXECUTABLE')
    expect(other.map((message) => formatMessage(message, manifest))).toEqual([])
  })
})

/** Whether a file of dist was made from a source that is there (tsc never removes what it once wrote), or from several. */
function isSource(folder: string, path: string): boolean {
  if (/^dist\/(?:shared-[\w-]+\.js|cold\.cjs|start\.cjs)$/.test(path)) return true
  const source = path.replace(/^dist\//, 'src/').replace(/\.(?:d\.c?ts|c?js)$/, '.ts')
  return existsSync(join(root, folder, source))
}

describe('a project outside the workspace', () => {
  test('every published package has a consumer here', () => {
    expect(
      consumers()
        .map((name) => `@tscc/${name.replace('.ts', '')}`)
        .sort(),
    ).toEqual(publishedPackages.map((one) => one.name).sort())
  })

  test.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
    ['preserve', 'bundler'],
  ])('TypeScript takes the declarations with module %s, moduleResolution %s', (module, resolution) => {
    expect(typeCheck(module, resolution, false)).toBe('')
  })

  test('one copy of each package is installed', () => {
    expect(readdirSync(join(project, 'node_modules/@tscc')).sort()).toEqual(
      publishedPackages.map(({ name }) => name.replace('@tscc/', '')).sort(),
    )
    for (const { name } of publishedPackages) {
      expect(existsSync(join(project, 'node_modules', name, 'node_modules/@tscc'))).toBe(false)
    }
  })

  test('every consumer runs', () => {
    typeCheck('nodenext', 'nodenext', true)
    const output = (name: string) => runIn(process.execPath, [`js/${name}.js`])
    expect(output('core')).toBe('7 1\ncore/truncated')
    expect(output('insn')).toBe('16 2 2\nfunction')
    expect(output('btf')).toBe('int 4')
    expect(output('object')).toBe('true')
    expect(output('vm')).toBe('jit 42\n0')
    expect(output('bpf')).toBe('1 4294967296 5 4\ntrue')
    expect(output('vmlinux')).toBe('4 12 true\n7.1..')
    expect(output('syscall')).toBe('EPERM function\ntrue')
    expect(output('struct-ops')).toBe('3 function')
    expect(output('algos')).toBe('true mine')
    expect(output('sock-ops')).toBe('function true')
    expect(output('experiment')).toBe('20000000 true')
    expect(output('sim')).toBe('reno\ntrue')
    expect(output('lab')).toBe('boolean 20000000\ntrue')
    expect(output('compiler')).toBe('ssthresh cong_avoid undo_cwnd 3\n0 true\nTSCC2002 5 function')
    expect(output('ts-plugin')).toBe('function')
    expect(output('cli')).toBe(`${readManifest(join(project, 'node_modules/@tscc/cli')).version}\n0`)
  })

  test('the command runs through npx', () => {
    const { version } = readManifest(join(project, 'node_modules/@tscc/cli'))
    expect(runIn('npx', ['--no-install', 'tscc', '--version'])).toBe(version)
    const report: unknown = JSON.parse(runIn('npx', ['--no-install', 'tscc', 'doctor', '--json']))
    expect(report).toBeTypeOf('object')
  })

  test('what tscc init makes type-checks and builds, and passes and registers where the kernel takes it', () => {
    const place = join(project, 'my-cc')
    runIn('npx', ['--no-install', 'tscc', 'init', place])
    const manifest = readManifest(place)
    const { version } = readManifest(join(project, 'node_modules/@tscc/cli'))
    expect(manifest.dependencies).toEqual({
      '@tscc/bpf': `^${version}`,
      '@tscc/cli': `^${version}`,
      '@tscc/vmlinux': `^${version}`,
    })
    // What npm install of the project would put there is what the consumer's project has: its node_modules are found from below.
    expect(runIn(process.execPath, [tsc, '--project', place])).toBe('')
    const object = join(place, 'my_cc.bpf.o')
    runIn('npx', ['--no-install', 'tscc', 'build', join(place, 'my_cc.bpf.ts'), '-o', object])
    expect(existsSync(object)).toBe(true)
    if (!needs('struct_ops_link', 'bpf_ids')) return
    const algorithm = join(place, 'my_cc.bpf.ts')
    expect(runIn('npx', ['--no-install', 'tscc', 'check', algorithm])).toMatch(/^ok .*: the verifier accepts it$/m)
    const name = `pack_${process.pid % 100000}`
    runIn('npx', ['--no-install', 'tscc', 'register', algorithm, '--name', name, '--set', 'keep=70'])
    try {
      expect(runIn('npx', ['--no-install', 'tscc', 'list'])).toContain(name)
    } finally {
      runIn('npx', ['--no-install', 'tscc', 'unregister', name])
    }
  }, 60_000)

  test('packages without Node in them load where there is no Node: nothing but relative imports and @tscc', () => {
    for (const name of ['core', 'insn', 'btf', 'vm', 'bpf', 'vmlinux', 'algos', 'sim']) {
      const dist = join(project, 'node_modules/@tscc', name, 'dist')
      const specifiers = readdirSync(dist, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.js'))
        .flatMap((path) => [
          ...readFileSync(join(dist, path), 'utf8').matchAll(/^(?:import|export)\b[^'"]*\bfrom\s*['"]([^'"]+)['"]/gm),
        ])
        .map((match) => match[1])
      expect(specifiers.filter((specifier) => !/^(?:\.|@tscc\/)/.test(specifier ?? ''))).toEqual([])
    }
  })
})
