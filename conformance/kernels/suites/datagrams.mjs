// What a path does to datagrams: numbered ones are sent at an even pace, and a process at the far end notes when each came.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const NEAR = { device: 'so_near', address: '10.77.0.1', hardware: '02:77:00:00:00:01' }
const FAR = { namespace: 'so_far', device: 'so_peer', address: '10.77.0.2', hardware: '02:77:00:00:00:02' }
const PORT = 7777
/** Bytes that wait at the far end while its process does something else. */
const BUFFER = 4 << 20

function run(command, ...args) {
  const { status, stderr, stdout } = spawnSync(command, args, { encoding: 'utf8' })
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** A pair of devices, the other one in a namespace of its own; gives `tc` for the near one's root qdisc, and `close`. */
export function veth() {
  run('ip', 'netns', 'add', FAR.namespace)
  const near = [NEAR.device, 'address', NEAR.hardware]
  const far = [FAR.device, 'address', FAR.hardware, 'netns', FAR.namespace]
  run('ip', 'link', 'add', ...near, 'type', 'veth', 'peer', 'name', ...far)
  const inside = (...args) => run('ip', '-n', FAR.namespace, ...args)
  run('ip', 'link', 'set', NEAR.device, 'gso_max_segs', '1')
  run('ip', 'address', 'add', `${NEAR.address}/24`, 'dev', NEAR.device)
  inside('address', 'add', `${FAR.address}/24`, 'dev', FAR.device)
  inside('link', 'set', FAR.device, 'up')
  inside('link', 'set', 'lo', 'up')
  run('ip', 'link', 'set', NEAR.device, 'up')
  // Nobody has to ask who is there: every packet is one of ours
  run('ip', 'neigh', 'add', FAR.address, 'lladdr', FAR.hardware, 'dev', NEAR.device)
  inside('neigh', 'add', NEAR.address, 'lladdr', NEAR.hardware, 'dev', FAR.device)
  return {
    add: (...qdisc) => run('tc', 'qdisc', 'replace', 'dev', NEAR.device, 'root', ...qdisc),
    remove: () => run('tc', 'qdisc', 'del', 'dev', NEAR.device, 'root'),
    show: () => run('tc', '-s', 'qdisc', 'show', 'dev', NEAR.device),
    close() {
      run('ip', 'link', 'del', NEAR.device)
      run('ip', 'netns', 'del', FAR.namespace)
    },
  }
}

/**
 * What the far end runs: it keeps number, bytes, ms on the way and ms of the clock of each datagram, and tells how many there are,
 * or all of them, when it is asked.
 */
const sink = `
const socket = require('dgram').createSocket({ type: 'udp4', recvBufferSize: ${BUFFER} })
const arrived = []
socket.on('message', (bytes) => {
  const now = process.hrtime.bigint()
  const way = Number(now - bytes.readBigUInt64LE(8)) / 1e6
  arrived.push({ number: bytes.readUInt32LE(0), size: bytes.length, way, at: Number(now / 1000n) / 1e3 })
})
const lines = require('readline').createInterface({ input: process.stdin })
lines.on('line', (line) => console.log(line === 'all' ? JSON.stringify(arrived) : arrived.length))
socket.bind(${PORT}, '${FAR.address}', () => console.log('ready'))
`

/** Send so many datagrams, so many ms apart (0: as fast as they go); gives those that came, in their order. */
export async function probe({ count, bytes = 1000, every = 5, wait = 1000 }) {
  // The guest's own, which nobody else uses
  writeFileSync('/proc/sys/net/core/rmem_max', `${BUFFER}`)
  const far = spawn('ip', ['netns', 'exec', FAR.namespace, process.execPath, '-e', sink], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: far.stdout })
  const answer = async (question) => {
    if (question !== undefined) far.stdin.write(`${question}\n`)
    const [line] = await once(lines, 'line')
    return line
  }
  const socket = createSocket('udp4')
  try {
    await answer()
    socket.connect(PORT, FAR.address)
    await once(socket, 'connect')
    const start = performance.now()
    for (let number = 0; number < count; number++) {
      const left = start + number * every - performance.now()
      if (left > 1) await sleep(left)
      const datagram = Buffer.alloc(bytes)
      datagram.writeUInt32LE(number, 0)
      datagram.writeBigUInt64LE(process.hrtime.bigint(), 8)
      await new Promise((resolve) => socket.send(datagram, () => resolve()))
    }
    // Until all are there, or nothing comes any more
    for (let [last, there] = [-1, 0]; there < count && there !== last; ) {
      await sleep(wait)
      last = there
      there = Number(await answer('count'))
    }
    return JSON.parse(await answer('all'))
  } finally {
    socket.close()
    far.kill('SIGKILL')
    await once(far, 'close')
  }
}
