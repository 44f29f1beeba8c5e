import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveFolder } from '../../apps/playground/test/static-server.ts'
import { root } from '../../tools/bootstrap.mjs'
import { importsOf } from '../../tools/imports-of.mjs'
import { chromiumPath, type Need, needs } from '../../tools/needs.ts'
import { type Stranger, stranger } from './stranger.ts'
import { publishedPackages, readManifest } from './tarballs.ts'

// Each package is used alone, by a project that knows nothing of this repository: installed by npm from what a release
// would publish, with nothing of ours but the package and what it depends on.

interface Run {
  readonly command: readonly string[]
  /** What it prints. */
  readonly expected: RegExp
  readonly needs?: readonly Need[]
  readonly code?: number
}

interface Example {
  readonly folder: string
  readonly subject: string
  readonly runs: readonly Run[]
  /** What runs when its optional dependencies are there too. */
  readonly beside?: Run
}

const oldKernel = join(root, 'packages/vmlinux/fixtures/6.1.0-56-cloud-amd64.btf')
const newKernel = join(root, 'packages/vmlinux/fixtures/7.3.4+deb13-cloud-amd64.btf')
const start = (expected: RegExp, ...args: readonly string[]): Run => ({
  command: ['node', 'main.js', ...args],
  expected,
})

const examples: readonly Example[] = [
  {
    folder: 'core-pcap-reader',
    subject: '@tscc/core',
    runs: [
      start(/^1700000000\.000000 {2}60 bytes\n(?:.*\n){2}3 packets, 1640 bytes\n$/),
      { ...start(/^pcap\/magic: magic: found 0x[\da-f]+, want 0xa1b2c3d4\n$/, 'package.json'), code: 1 },
    ],
  },
  // Bundled and opened below
  { folder: 'insn-web-disassembler', subject: '@tscc/insn', runs: [] },
  {
    folder: 'btf-layout-diff',
    subject: '@tscc/btf',
    runs: [
      start(
        /^struct tcp_congestion_ops: \d+ bytes -> \d+ bytes\n(?:.*\n)* {2}added +cwnd_event_tx_start +- -> \d+ void \(\*\)/,
        oldKernel,
        newKernel,
        'tcp_congestion_ops',
      ),
      { ...start(/magic/, 'main.js', newKernel, 'sock'), code: 1 },
    ],
  },
  {
    folder: 'object-load-clang',
    subject: '@tscc/object',
    beside: {
      command: ['node', 'load.js'],
      expected: /^loaded windows as program \d+: .*\n32 counters\n$/,
      needs: ['bpf', 'btf', 'namespaces'],
    },
    runs: [
      start(
        /^program windows \(sockops\): 39 instructions\nmap histogram(?:.*\n)*windows\+4: struct tcp_sock\.srtt_us: 4 becomes \d{3,}\n/,
        'windows.bpf.o',
        oldKernel,
      ),
    ],
  },
  {
    folder: 'vm-unit-test',
    subject: '@tscc/vm',
    runs: [{ command: ['node', '--test'], expected: /\bpass 4\n.*\bfail 0$/m }],
  },
  {
    folder: 'syscall-count',
    subject: '@tscc/syscall',
    runs: [
      {
        ...start(/^first calls of \d+ .*\n(?:system call \d+: \d+\n)+\d+ different ones, \d+ calls\n$/),
        needs: ['bpf'],
      },
    ],
  },
  {
    folder: 'struct-ops-instructions',
    subject: '@tscc/struct-ops',
    runs: [
      start(/^ssthresh:\nr6 = \*\(u64 \*\)\(r1 \+ 0\)\nr7 = \*\(u32 \*\)\(r6 \+ \d+\)\n/),
      {
        command: ['node', 'register.js'],
        expected: /^registered: available\nclosed: not available\n$/,
        needs: ['struct_ops_link', 'bpf_ids'],
      },
    ],
  },
  {
    folder: 'sock-ops-initial-window',
    subject: '@tscc/sock-ops',
    runs: [{ ...start(/^connections tuned: 1\n$/), needs: ['root', 'bpf_ids', 'namespaces'] }],
  },
  {
    folder: 'bpf-helper-finder',
    subject: '@tscc/bpf',
    runs: [start(/^107 bpf_sk_storage_get\(map, sk, value, flags\): memory(?:.*\n)+2 of \d+ helpers\n$/, 'storage')],
  },
  {
    folder: 'compiler-build',
    subject: '@tscc/compiler',
    runs: [
      { command: ['npm', 'run', 'build'], expected: /ssthresh: \d+ instructions\n(?:.*\n)+gentle\.bpf\.o: / },
      { command: ['node', 'build.js', 'mistaken.bpf.ts'], expected: /:6:32 error TSCC2002: .*snd_cwmd\n/, code: 1 },
    ],
  },
  {
    folder: 'ts-plugin-report',
    subject: '@tscc/ts-plugin',
    runs: [
      start(
        /^TypeScript 6\..*\n.*mistaken\.bpf\.ts:10:19 tscc\(2103\): u32 does not fit u16; .*\n.*:12:20 tscc\(2305\): .*\n.*:14:33 tscc\(2002\): .*prior_cwnd\?\n$/,
        'mistaken.bpf.ts',
      ),
    ],
  },
  {
    folder: 'vmlinux-since',
    subject: '@tscc/vmlinux',
    runs: [start(/^(?:.*\n)*tcp_congestion_ops\.cwnd_event_tx_start: 7\.1\.\.\n6\.12 lacks \d+ /, '6.12', 'tcp_cong')],
  },
  {
    folder: 'algos-objects',
    subject: '@tscc/algos',
    runs: [start(/^reno\.bpf\.o: .*\ncubic\.bpf\.o: (?:.*\n)+bbr\.bpf\.o: .*\n$/)],
  },
  {
    folder: 'experiment-report',
    subject: '@tscc/experiment',
    runs: [start(/^half .*\ngentle .*\n(?:.*\n)+wrote cwnd\.svg and report\.html\n$/m)],
  },
  {
    folder: 'sim-compare',
    subject: '@tscc/sim',
    runs: [start(/^shy +reference +19\.\d+ .*\nreno +reference +19\.\d+ (?:.*\n)+wrote rtt\.svg\n$/m)],
  },
  {
    folder: 'lab-compare',
    subject: '@tscc/lab',
    runs: [{ ...start(/^reno +kernel +\d+\.\d+ .*\ncubic +kernel +\d+\.\d+ /m, '2'), needs: ['namespaces'] }],
  },
  {
    folder: 'cli-project',
    subject: '@tscc/cli',
    runs: [
      { command: ['npm', 'run', 'build'], expected: /> tscc build/ },
      { command: ['npm', 'run', 'sim'], expected: /^careful +.*\nreno +/m },
      {
        command: ['npm', 'run', 'check'],
        expected: /^ok .*: the verifier accepts it$/m,
        needs: ['struct_ops_link', 'bpf_ids'],
      },
    ],
  },
]

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
const folders = readdirSync(join(root, 'examples')).filter((name) =>
  existsSync(join(root, 'examples', name, 'package.json')),
)

test('every published package has an example, and every example is tried here', () => {
  expect(examples.map(({ subject }) => subject).sort()).toEqual(publishedPackages.map(({ name }) => name).sort())
  expect(examples.map(({ folder }) => folder).sort()).toEqual(folders.sort())
})

/** The package and all of ours that it stands on. */
function closureOf(name: string): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (one: string) => {
    const folder = publishedPackages.find((known) => known.name === one)?.folder
    if (folder === undefined || found.has(one)) return
    found.add(one)
    for (const dependency of Object.keys(readManifest(join(root, folder)).dependencies ?? {})) visit(dependency)
  }
  visit(name)
  return found
}

/** Ours that are installed, and nothing twice. */
function installedIn(project: string): readonly string[] {
  return readdirSync(join(project, 'node_modules/@tscc')).map((name) => `@tscc/${name}`)
}

describe('examples', () => {
  const held: { machine?: Stranger } = {}
  beforeAll(async () => {
    held.machine = await stranger()
  }, 120_000)
  afterAll(() => held.machine?.close())

  /** A copy of the example where nothing of this repository is near, with what npm installs there. */
  async function installed(
    folder: string,
    ...flags: readonly string[]
  ): Promise<{ machine: Stranger; project: string }> {
    const { machine } = held
    if (machine === undefined) throw new Error('there is no machine')
    const project = machine.folder(folder)
    cpSync(join(root, 'examples', folder), project, { recursive: true })
    await machine.ok(project, 'npm', ['install', ...flags])
    return { machine, project }
  }

  async function tryRun(machine: Stranger, project: string, { command, expected, code = 0 }: Run): Promise<void> {
    const [name = '', ...args] = command
    const outcome = await machine.run(project, name === 'node' ? process.execPath : name, args)
    if (outcome.code !== code) throw new Error(`${command.join(' ')}: exit code ${outcome.code}\n${outcome.stderr}`)
    expect(code === 0 ? outcome.stdout : outcome.stdout + outcome.stderr).toMatch(expected)
  }

  describe.each(examples)('$folder', ({ folder, subject, runs, beside }) => {
    test(`runs with ${subject} and what that depends on`, { timeout: 120_000 }, async () => {
      const flags = beside === undefined ? ['--omit=dev'] : ['--omit=dev', '--omit=optional']
      const { machine, project } = await installed(folder, ...flags)
      expect(installedIn(project).filter((name) => !closureOf(subject).has(name))).toEqual([])
      expect(installedIn(project)).toContain(subject)
      for (const run of runs) if (needs(...(run.needs ?? []))) await tryRun(machine, project, run)
      if (beside !== undefined) {
        await machine.ok(project, 'npm', ['install'])
        if (needs(...(beside.needs ?? []))) await tryRun(machine, project, beside)
      }
      await typeCheck(machine, project)
    })

    test('names what it imports in its package.json, and has nothing else of ours there', () => {
      const at = join(root, 'examples', folder)
      const { dependencies = {}, optionalDependencies } = readManifest(at)
      const imported = readdirSync(at, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.[jt]s$/.test(name))
        .flatMap((name) => importsOf(readFileSync(join(at, name), 'utf8')))
        .map(({ specifier }) => specifier)
        .filter((specifier) => !/^(?:\.|node:)/.test(specifier))
        .map((specifier) => specifier.split('/').slice(0, 2).join('/'))
      const declared = Object.keys({ ...dependencies, ...Object(optionalDependencies) })
      expect([...new Set([...imported, subject])].sort()).toEqual(declared.sort())
    })
  })

  test.skipIf(!needs('chromium'))('the web page disassembles in Chromium', { timeout: 120_000 }, async () => {
    const { machine, project } = await installed('insn-web-disassembler')
    await machine.ok(project, 'npm', ['run', 'build'])
    const server = await serveFolder(join(project, 'dist'), '/anywhere/')
    const browser = await chromium.launch({
      executablePath: chromiumPath() ?? '',
      // Its sandbox takes a user that is not root; the page is ours.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 800 } })
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('request', (request) => {
        if (!/^data:|\/anywhere\//.test(request.url())) complaints.push(`from elsewhere: ${request.url()}`)
      })
      await page.goto(server.url)
      const text = () => page.locator('#text').textContent()
      const problem = () => page.locator('#error').textContent()
      expect((await text())?.split('\n')).toEqual([
        '0: r0 = 0',
        '1: r2 = *(u32 *)(r1 + 8)',
        '2: r0 += r2',
        '3: if r0 < 1000 goto -2',
        '4: exit',
      ])
      await page.fill('#hex', '0x95 0x0 xyz')
      expect(await problem()).toBe('not hex: want two digits for each byte')
      await page.fill('#hex', '95 00 01 00 00 00 00 00')
      expect([await text(), await problem()]).toEqual(['', expect.stringContaining('off')])
      await page.setInputFiles('#file', {
        name: 'exit.bin',
        mimeType: 'application/octet-stream',
        buffer: Buffer.from('9500000000000000', 'hex'),
      })
      await page.locator('#text', { hasText: '0: exit' }).waitFor()
      expect(await problem()).toBe('')
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
      server.close()
    }
  })
})

/** JavaScript of examples is checked as TypeScript would check it for a reader in their editor. */
async function typeCheck(machine: Stranger, project: string): Promise<void> {
  const files = readdirSync(project).filter((name) => /\.[jt]s$/.test(name) && !name.startsWith('mistaken.'))
  const lib = ['--lib', 'es2023,esnext.disposable,dom,dom.iterable', '--target', 'es2022', '--skipLibCheck']
  const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node']
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--allowJs',
    '--checkJs',
    '--strict',
    '--module',
    'nodenext',
    ...lib,
    ...types,
  ]
  await machine.node(project, tsc, ...options, ...files)
}
