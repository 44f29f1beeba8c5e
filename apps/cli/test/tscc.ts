import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The built command. */
export const bin = join(root, 'apps/cli/bin/tscc.js')

/** BTF of a 6.18 kernel, TCP part: the same on every machine. */
export const tcpBtf = join(root, 'packages/struct-ops/fixtures/tcp-6.18.btf')

/** The workspace's TypeScript compiler. */
export const tsc = join(root, 'node_modules/.bin/tsc')

/** Call at the top of a test file: its tests run what the sources are now. */
export function buildFirst(): void {
  beforeAll(freshDist, 300_000)
}

/** What a run of the command left. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A command line that `node tscc.js …` is appended to, such as `setpriv …`. */
  readonly through?: readonly string[]
}

/** Run `tscc` to its end. */
export function tscc(args: readonly string[], options: RunOptions = {}): Outcome {
  const [command = '', ...rest] = [...(options.through ?? []), process.execPath, bin, ...args]
  const { status, stdout, stderr } = spawnSync(command, rest, {
    encoding: 'utf8',
    input: options.input,
    cwd: options.cwd,
    env: environment(options.env),
    timeout: 60_000,
    maxBuffer: 1 << 28,
  })
  return { status, stdout, stderr }
}

/** The same, with bytes on stdout. */
export function tsccBytes(args: readonly string[], input?: string): Uint8Array {
  return spawnSync(process.execPath, [bin, ...args], { input, env: environment(), timeout: 60_000 }).stdout
}

/** Run `tscc` until its stderr has `text`, send a signal, and wait for the end. */
export async function tsccUntil(
  args: readonly string[],
  text: string,
  signal: NodeJS.Signals,
  during: () => void = () => {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [bin, ...args], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  const seen = { stdout: '', stderr: '', signalled: false }
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    seen.stdout += data
  })
  child.stderr.setEncoding('utf8').on('data', (data: string) => {
    seen.stderr += data
    if (seen.signalled || !seen.stderr.includes(text)) return
    seen.signalled = true
    during()
    child.kill(signal)
  })
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { status, stdout: seen.stdout, stderr: seen.stderr }
}

/** Colours and debugging of whoever runs the tests stay out of them. */
function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _force, NO_COLOR: _no, DEBUG: _debug, ...rest } = process.env
  return { ...rest, ...more }
}

/** JSON of an outcome's stdout; fails where anything else is there. */
export function jsonOf(outcome: Outcome): unknown {
  return JSON.parse(outcome.stdout)
}

/** A folder for the files of one test file, and a way to fill it. */
export function scratch(): (name: string, content: string | Uint8Array) => string {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return (name, content) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
}

/** A kernel's name for an algorithm that no other test has. */
export function uniqueName(): string {
  return `cli${process.pid.toString(36)}_${(Date.now() % 36 ** 4).toString(36)}`
}

/** Become nobody, without any capability. */
export const asNobody = [
  'setpriv',
  '--reuid',
  '65534',
  '--regid',
  '65534',
  '--clear-groups',
  '--inh-caps=-all',
] as const

/** A mount namespace of its own, changed by a shell command line: nothing of it reaches the machine. */
export function withoutMount(change: string): readonly string[] {
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', `${change} && exec "$@"`, 'sh']
}
