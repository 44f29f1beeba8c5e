import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../../tools/bootstrap.mjs'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { newProject } from './tsserver.ts'

// The language server of TypeScript 7 has no plugins: what plain TypeScript gives is all there.

interface Message {
  readonly id?: number
  readonly method?: string
  readonly result?: unknown
}

/** A client of `tsc --lsp`. */
function startClient(folder: string) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const child = spawn(process.execPath, [tsc, '--lsp', '--stdio'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const waiting = new Map<number, (result: unknown) => void>()
  const held = { input: Buffer.alloc(0), id: 0 }
  const send = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }
  const take = ({ id, method, result }: Message): void => {
    // What the server asks of us gets no answer worth having.
    if (method !== undefined) id !== undefined && send({ id, result: null })
    else if (id !== undefined) waiting.get(id)?.(result)
  }
  child.stdout.on('data', (chunk: Buffer) => {
    held.input = Buffer.concat([held.input, chunk])
    for (;;) {
      const end = held.input.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/.exec(held.input.subarray(0, Math.max(0, end)).toString())?.[1])
      if (end < 0 || held.input.length < end + 4 + length) return
      take(JSON.parse(held.input.subarray(end + 4, end + 4 + length).toString('utf8')))
      held.input = held.input.subarray(end + 4 + length)
    }
  })
  return {
    tell: (method: string, params: object) => send({ method, params }),
    ask: <Result>(method: string, params: object): Promise<Result> =>
      new Promise((resolve) => {
        const id = ++held.id
        waiting.set(id, (result) => resolve(result as Result)) // by the protocol
        send({ id, method, params })
      }),
    close: () => {
      child.kill()
      return ended
    },
  }
}

const held: { project?: ReturnType<typeof newProject>; client?: ReturnType<typeof startClient> } = {}

beforeAll(async () => {
  await freshDist()
  held.project = newProject('typescript')
}, 300_000)

afterAll(async () => {
  await held.client?.close()
  held.project?.remove()
})

test('completion, documentation with units, and what cannot be stored', async () => {
  const { folder } = held.project ?? { folder: '' }
  const client = startClient(folder)
  held.client = client
  const path = join(folder, 'my_cc.bpf.ts')
  const uri = pathToFileURL(path).href
  const text = readFileSync(path, 'utf8').replace('let left = acked', 'tp.srtt_us = 1\n    let left = tp.srtt_us >> 3')
  const place = (before: string) => {
    const lines = text.slice(0, text.indexOf(before) + before.length).split('\n')
    return { textDocument: { uri }, position: { line: lines.length - 1, character: (lines.at(-1) ?? '').length } }
  }
  await client.ask('initialize', { processId: null, rootUri: pathToFileURL(folder).href, capabilities: {} })
  client.tell('initialized', {})
  client.tell('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version: 1, text } })

  const completion = await client.ask<{ items: { label: string }[] }>('textDocument/completion', place('    tp.'))
  expect(completion.items.map(({ label }) => label)).toEqual(expect.arrayContaining(['snd_cwnd', 'srtt_us']))
  const hover = await client.ask('textDocument/hover', place('left = tp.srtt_u'))
  expect(JSON.stringify(hover)).toMatch(/tcp_sock\.srtt_us: u32.*smoothed round-trip time, us << 3/)
  const { items } = await client.ask<{ items: { code: number; severity: number }[] }>(
    'textDocument/diagnostic',
    place(''),
  )
  // Beside hints
  expect(items.filter(({ severity }) => severity === 1).map(({ code }) => code)).toEqual([2540])
}, 60_000)
