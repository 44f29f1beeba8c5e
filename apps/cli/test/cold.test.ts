import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bin, buildFirst, type Outcome, tscc } from './tscc.ts'

buildFirst()

const algorithms = fileURLToPath(new URL('../../../packages/algos/src/', import.meta.url))
const reno = join(algorithms, 'reno.bpf.ts')

const state = { folder: '' }
beforeEach(() => {
  state.folder = mkdtempSync(join(tmpdir(), 'tscc-cold-'))
})
afterEach(() => rmSync(state.folder, { recursive: true }))

const cache = () => join(state.folder, 'tscc')
const kept = () => (existsSync(cache()) ? readdirSync(cache()) : []).filter((name) => name.startsWith('compiler-'))

/** `tscc build` with a cache of this test's own. */
function build(source: string, ...more: readonly string[]): Outcome {
  return tscc(['build', source, ...more], { env: { XDG_CACHE_HOME: state.folder }, cwd: state.folder })
}

function bytesOf(source: string, ...more: readonly string[]): Buffer {
  const object = join(state.folder, 'x.bpf.o')
  rmSync(object, { force: true })
  const { status, stderr } = build(source, '-o', object, ...more)
  expect(stderr).toMatch(/^\S+: \d+ bytes, \d+ programs, \d+ instructions, \d+ relocations\n$/)
  expect(status).toBe(0)
  return readFileSync(object)
}

/** With an option more than the short way takes. */
const longWay = (source: string) => bytesOf(source, '--cpu', 'v3')

/** The one file that a first build leaves. */
function firstBuild(): { readonly path: string; readonly bytes: Buffer; readonly object: Buffer } {
  const object = bytesOf(reno)
  const [name = '', ...more] = kept()
  expect(more).toEqual([])
  const path = join(cache(), name)
  return { path, bytes: readFileSync(path), object }
}

test.each(['reno', 'vegas', 'cubic', 'dctcp', 'westwood', 'bbr'])('%s: the same bytes on every way', (name) => {
  const source = join(algorithms, `${name}.bpf.ts`)
  const long = longWay(source)
  expect(kept()).toEqual([])
  const first = bytesOf(source)
  const [file = ''] = kept()
  const { ino, mode } = statSync(join(cache(), file))
  expect(mode & 0o777).toBe(0o600)
  expect(statSync(cache()).mode & 0o777).toBe(0o700)
  expect(first.equals(long)).toBe(true)
  // What is kept serves another program too, and is not written again.
  expect(bytesOf(reno).equals(longWay(reno))).toBe(true)
  expect(bytesOf(source).equals(long)).toBe(true)
  expect(statSync(join(cache(), file)).ino).toBe(ino)
})

test('what is kept is of this Node, this build and this platform alone', () => {
  const { path } = firstBuild()
  expect(path).toContain(`-${process.version}-${process.platform}-${process.arch}`)
})

describe('what is kept and no good is replaced', () => {
  const parserOf = (bytes: Buffer): number => bytes.lastIndexOf('\n')
  const cases: Readonly<Record<string, (bytes: Buffer) => Buffer | string>> = {
    nothing: () => '',
    'a line': () => '\n',
    'some text': () => 'x'.repeat(10_000),
    'half of it': (bytes) => bytes.subarray(0, bytes.length / 2),
    'all but the end': (bytes) => bytes.subarray(0, -1),
    'too much': (bytes) => Buffer.concat([bytes, Buffer.alloc(1 << 22)]),
    'zeroes in the middle': (bytes) => Buffer.from(bytes).fill(0, 50_000, 60_000),
    'a byte of the first copy': (bytes) => withByte(bytes, 300_000),
    'a byte of the second copy': (bytes) => withByte(bytes, parserOf(bytes) - 1000),
    'the code of another V8': (bytes) => {
      const code = withByte(bytes.subarray(0, parserOf(bytes) / 2), 5)
      return Buffer.concat([code, code, bytes.subarray(parserOf(bytes))])
    },
    'a parser that is gone': (bytes) =>
      Buffer.concat([bytes.subarray(0, parserOf(bytes)), Buffer.from('\n/gone.node')]),
    'a parser that is none': (bytes) => Buffer.concat([bytes.subarray(0, parserOf(bytes)), Buffer.from('\n/bin/sh')]),
    'a parser without a folder': (bytes) =>
      Buffer.concat([bytes.subarray(0, parserOf(bytes)), Buffer.from('\nx.node')]),
  }
  test.each(Object.entries(cases))('%s', (_, damage) => {
    const { path, bytes, object } = firstBuild()
    writeFileSync(path, damage(bytes), { mode: 0o600 })
    const damaged = statSync(path).ino
    expect(bytesOf(reno).equals(object)).toBe(true)
    const { ino } = statSync(path)
    expect(ino).not.toBe(damaged)
    expect(bytesOf(reno).equals(object)).toBe(true)
    expect(statSync(path).ino).toBe(ino)
  })

  test('what others may have written', () => {
    const { path, object } = firstBuild()
    chmodSync(path, 0o666)
    expect(bytesOf(reno).equals(object)).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})

const withByte = (bytes: Buffer, at: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ 0xff
  return changed
}

test('the cache is beside the home where nothing else is said', () => {
  const object = join(state.folder, 'x.o')
  const env = { HOME: state.folder, XDG_CACHE_HOME: '' }
  expect(tscc(['build', reno, '-o', object], { env }).status).toBe(0)
  expect(readdirSync(join(state.folder, '.cache/tscc'))).toEqual([expect.stringMatching(/^compiler-/)])
})

test('a cache that cannot be written is no error', () => {
  writeFileSync(cache(), 'no folder')
  expect(bytesOf(reno).equals(longWay(reno))).toBe(true)
})

test('older builds leave three files at most, and other files stay', () => {
  mkdirSync(cache(), { mode: 0o700 })
  for (let i = 0; i < 8; i++) {
    const path = join(cache(), `compiler-older-${i}`)
    writeFileSync(path, '')
    utimesSync(path, 1000 + i, 1000 + i)
  }
  writeFileSync(join(cache(), 'link-other'), '')
  bytesOf(reno)
  const names = readdirSync(cache()).filter((name) => !name.includes(process.version))
  expect(names.sort()).toEqual(['compiler-older-5', 'compiler-older-6', 'compiler-older-7', 'link-other'])
  expect(kept()).toHaveLength(4)
})

test('mistakes are told as on the long way', () => {
  const source = join(state.folder, 'wrong.bpf.ts')
  const texts = ['let x = ', "import { y } from './absent.bpf.ts'\n", 'export const a: u32 = 1\n']
  for (const text of texts) {
    writeFileSync(source, text)
    const short = build('wrong.bpf.ts')
    expect(short).toEqual(build('wrong.bpf.ts', '--cpu', 'v3'))
    expect(short.stderr).toMatch(/error TSCC\d+/)
    expect(short.status).toBe(1)
  }
  expect(build('absent.bpf.ts')).toEqual(build('absent.bpf.ts', '--cpu', 'v3'))
  const nowhere = ['-o', join(state.folder, 'no', 'folder.o')]
  expect(build(reno, ...nowhere)).toEqual(build(reno, ...nowhere, '--cpu', 'v3'))
})

describe.skipIf(process.platform === 'win32')('the command as a shell starts it', () => {
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawnSync(bin, args, { encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: state.folder, ...env } })

  test('hands its arguments on as they are', () => {
    const object = join(state.folder, "a b 'c' $d.bpf.o")
    expect(run(['build', reno, '-o', object]).status).toBe(0)
    expect(statSync(object).size).toBeGreaterThan(1000)
    expect(run(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+/)
    expect(run(['no-such-command']).status).toBe(2)
  })

  test('builds without asking for certificates, and leaves them to other commands', () => {
    const env = { NODE_EXTRA_CA_CERTS: join(state.folder, 'absent.pem') }
    expect(run(['build', reno, '-o', join(state.folder, 'x.o')], env).stderr).not.toMatch(/extra certs/)
    expect(run(['--version'], env).stderr).toMatch(/extra certs/)
  })

  test('works through a link, as npm makes it', () => {
    execFileSync('ln', ['-s', bin, join(state.folder, 'tscc')])
    const { stdout } = spawnSync('tscc', ['--version'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${state.folder}:${process.env.PATH}` },
    })
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/)
  })
})
