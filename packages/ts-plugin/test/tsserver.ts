import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type ts from 'typescript'
import { root } from '../../../tools/bootstrap.mjs'

/** TypeScript as packages of this workspace, by what they are installed as. */
export const typescripts = ['typescript', 'typescript-5'] as const

const require = createRequire(import.meta.url)

/** A project as `tscc init` makes it, with all that it depends on, in a folder of its own. */
export function newProject(typescript: (typeof typescripts)[number]): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-editor-'))
  const made = spawnSync(process.execPath, [join(root, 'apps/cli/bin/tscc.js'), 'init', folder], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@tscc'), { recursive: true })
  for (const name of ['bpf', 'vmlinux']) symlinkSync(join(root, 'packages', name), join(modules, '@tscc', name))
  // As from a tarball: beside it are none of this workspace's packages, and no native code.
  for (const part of ['package.json', 'dist'])
    cpSync(join(root, 'packages/ts-plugin', part), join(modules, '@tscc/ts-plugin', part), { recursive: true })
  // A copy: tsserver looks for plugins beside itself, and a link would be followed.
  cpSync(dirname(require.resolve(`${typescript}/package.json`)), join(modules, 'typescript'), {
    recursive: true,
    dereference: true,
  })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

type Diagnostic = ts.server.protocol.Diagnostic

/** A running tsserver that an editor would talk to. */
export interface Server {
  /** A request's answer; an error where there is none. */
  ask<Body>(command: string, args: object | null): Promise<Body>
  /** A request that has no answer. */
  tell(command: string, args: object): void
  /** Open a file with what the editor has of it. */
  open(path: string, text: string): void
  /** Put a text in the place of the first occurrence of another. */
  edit(path: string, from: string, to: string): void
  /** What is in the editor now. */
  textOf(path: string): string
  /** Semantic diagnostics by the event that editors wait for, again when the server says that there is more to know, until `wanted`. */
  diagnoseUntil(path: string, wanted: (found: readonly Diagnostic[]) => boolean): Promise<readonly Diagnostic[]>
  /** What the server wrote down so far. */
  log(): string
  close(): Promise<void>
}

interface Message {
  readonly type: 'event' | 'response'
  readonly event?: string
  readonly request_seq?: number
  readonly success?: boolean
  readonly message?: string
  readonly body?: unknown
}

/** Start the project's own tsserver. */
export function startServer(folder: string): Server {
  const logFile = join(folder, 'tsserver.log')
  const script = join(folder, 'node_modules/typescript/lib/tsserver.js')
  const process_ = spawn(
    process.execPath,
    [script, '--disableAutomaticTypingAcquisition', '--logVerbosity', 'verbose', '--logFile', logFile],
    { stdio: ['pipe', 'pipe', 'inherit'], cwd: folder },
  )
  const ended = new Promise<void>((resolve) => process_.on('exit', () => resolve()))
  const texts = new Map<string, string>()
  const waiting = new Set<{
    readonly wants: (message: Message) => boolean
    readonly take: (message: Message) => void
  }>()
  const held = { input: Buffer.alloc(0), seq: 0 }

  process_.stdout.on('data', (chunk: Buffer) => {
    held.input = Buffer.concat([held.input, chunk])
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n\r\n/.exec(held.input.subarray(0, 100).toString('latin1'))
      const [start, length] = [header?.[0].length ?? 0, Number(header?.[1])]
      if (header === null || held.input.length < start + length) return
      const message = JSON.parse(held.input.subarray(start, start + length).toString('utf8')) as Message
      held.input = held.input.subarray(start + length)
      for (const one of waiting)
        if (one.wants(message)) {
          waiting.delete(one)
          one.take(message)
        }
    }
  })

  const send = (command: string, args: object | null): number => {
    const seq = ++held.seq
    process_.stdin.write(`${JSON.stringify({ seq, type: 'request', command, arguments: args })}\n`)
    return seq
  }
  const next = (what: string, wants: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`tsserver: no ${what} within 15 s`)), 15_000)
      waiting.add({
        wants,
        take: (message) => {
          clearTimeout(timer)
          resolve(message)
        },
      })
    })
  const placeOf = (text: string, offset: number) => {
    const before = text.slice(0, offset).split('\n')
    return { line: before.length, offset: (before.at(-1) ?? '').length + 1 }
  }

  const server: Server = {
    async ask<Body>(command: string, args: object | null): Promise<Body> {
      const seq = send(command, args)
      const { success, message, body } = await next(
        command,
        (one) => one.type === 'response' && one.request_seq === seq,
      )
      if (success !== true) throw new Error(`${command}: ${message}`)
      return body as Body // by the protocol
    },
    tell: (command, args) => void send(command, args),
    open(path, text) {
      texts.set(path, text)
      send('open', { file: path, fileContent: text })
    },
    edit(path, from, to) {
      const text = server.textOf(path)
      const at = text.indexOf(from)
      if (at < 0) throw new Error(`${path}: there is no ${from}`)
      const [start, end] = [placeOf(text, at), placeOf(text, at + from.length)]
      texts.set(path, text.slice(0, at) + to + text.slice(at + from.length))
      const change = { line: start.line, offset: start.offset, endLine: end.line, endOffset: end.offset }
      send('change', { file: path, ...change, insertString: to })
    },
    textOf(path) {
      const text = texts.get(path)
      if (text === undefined) throw new Error(`${path} is not open`)
      return text
    },
    async diagnoseUntil(path, wanted) {
      for (const end = performance.now() + 15_000; ; ) {
        const refreshed = next('refresh', (one) => one.event === 'projectsUpdatedInBackground').catch(() => undefined)
        const event = next('semanticDiag', (one) => one.event === 'semanticDiag' && fileOf(one) === path)
        send('geterr', { files: [path], delay: 0 })
        const { diagnostics } = (await event).body as { readonly diagnostics: readonly Diagnostic[] } // by the protocol
        if (wanted(diagnostics)) return diagnostics
        if (performance.now() > end) throw new Error(`these only: ${JSON.stringify(diagnostics)}`)
        await refreshed
      }
    },
    log: () => readFileSync(logFile, 'utf8'),
    async close() {
      send('exit', {})
      process_.stdin.end()
      await ended
    },
  }
  return server
}

const fileOf = ({ body }: Message): unknown => (body as { readonly file?: unknown } | undefined)?.file // by the protocol
