// @ts-check
// node main.js: new connections of one cgroup begin with 30 segments. As root, on a machine with cgroup v2.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createTuning } from '@tscc/sock-ops'
import { cgroupRoot } from '@tscc/syscall'

const cgroup = `${cgroupRoot()}/initial-window-${process.pid}`
mkdirSync(cgroup)
const tuning = createTuning({ rules: [{ to: '127.0.0.0/8', initialWindow: 30 }] })
const attached = tuning.attach({ cgroup })
const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
try {
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not a TCP server')
  // The client waits for its input: it is in the cgroup before it connects.
  const client = spawn(process.execPath, [new URL('client.js', import.meta.url).pathname, String(address.port)], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  writeFileSync(`${cgroup}/cgroup.procs`, String(client.pid))
  client.stdin.end('go')
  await once(client, 'exit')
  console.log(`connections tuned: ${tuning.counts.tuned}`)
} finally {
  server.close()
  attached.close()
  tuning.close()
  rmdirSync(cgroup)
}
