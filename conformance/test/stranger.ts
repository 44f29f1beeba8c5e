import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { serveRegistry, strangerEnv } from './local-registry.ts'
import { packAll } from './tarballs.ts'

/** What a command printed, and how it ended. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A machine that never saw this repository: packages come from a registry that serves what a release would publish. */
export interface Stranger {
  /** A new, empty folder whose name begins so. */
  folder(name: string): string
  run(folder: string, command: string, args: readonly string[]): Promise<Outcome>
  /** The same, for what must succeed: its standard output. */
  ok(folder: string, command: string, args: readonly string[]): Promise<string>
  /** A script by this Node.js, which must succeed. */
  node(folder: string, ...args: readonly string[]): Promise<string>
  close(): void
}

/** `published: 'nothing'` is for those who publish themselves; `path` goes before PATH. */
export async function stranger(
  options: { readonly published?: 'nothing'; readonly path?: string } = {},
): Promise<Stranger> {
  const temporary = mkdtempSync(join(tmpdir(), 'tscc-stranger-'))
  const tarballs = options.published === 'nothing' ? [] : await packAll(join(temporary, 'tarballs'))
  const registry = await serveRegistry(tarballs, join(temporary, 'others'))
  const own = strangerEnv(registry, join(temporary, 'home'))
  const env = options.path === undefined ? own : { ...own, PATH: `${options.path}${delimiter}${own.PATH}` }

  // The registry is of this process: nothing here may wait without letting it answer
  const run = (folder: string, command: string, args: readonly string[]) =>
    new Promise<Outcome>((resolve, reject) => {
      const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 })
      const texts = { stdout: '', stderr: '' }
      child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text))
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, ...texts }))
    })
  const ok = async (folder: string, command: string, args: readonly string[]) => {
    const { code, stdout, stderr } = await run(folder, command, args)
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${code}\n${stdout}\n${stderr}`)
    return stdout
  }
  return {
    folder: (name) => mkdtempSync(join(temporary, `${name}-`)),
    run,
    ok,
    node: (folder, ...args) => ok(folder, process.execPath, args),
    close: () => {
      registry.close()
      rmSync(temporary, { recursive: true, force: true })
    },
  }
}
