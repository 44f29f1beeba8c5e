// @ts-check
// What the plugin says of files, by the protocol that editors speak with tsserver: node main.js FILE…
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const files = process.argv.slice(2).map((file) => resolve(file))
const script = fileURLToPath(import.meta.resolve('typescript/lib/tsserver.js'))
const server = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })

let seq = 0
/** @param {string} command @param {object} args */
const send = (command, args) =>
  server.stdin.write(`${JSON.stringify({ seq: ++seq, type: 'request', command, arguments: args })}\n`)

/** @type {Map<string, ts.server.protocol.Diagnostic[]>} */
const found = new Map()
const print = () => {
  console.log(`TypeScript ${ts.version}`)
  for (const [file, diagnostics] of found)
    for (const { start, text, code, source } of diagnostics)
      if (source === 'tscc')
        console.log(`${file}:${start.line}:${start.offset} tscc(${code}): ${text.replace(/\n/g, '; ')}`)
  server.stdin.end()
}

// The compiler is not waited for: when it knows more, the server says so, and is asked again.
let quiet = setTimeout(print, 30_000)
for (const file of files) send('open', { file })
send('geterr', { files, delay: 0 })
for await (const line of createInterface({ input: server.stdout })) {
  if (!line.startsWith('{')) continue
  const { event, body } = JSON.parse(line)
  if (event === 'projectsUpdatedInBackground') send('geterr', { files, delay: 0 })
  if (event !== 'semanticDiag') continue
  found.set(body.file, body.diagnostics)
  clearTimeout(quiet)
  if (found.size === files.length) quiet = setTimeout(print, 3000)
}
