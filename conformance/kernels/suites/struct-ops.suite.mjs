// examples/struct-ops: struct_ops types besides congestion control, compiled where the matrix was started.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { linkObject, linkTarget, withVariables } from '@tscc/object'
import { registerStructOps, structOpsOf, withStructOpsData } from '@tscc/struct-ops/kernel'
import { hostKernel, kernelFiles, loadPlan, testRun } from '@tscc/syscall'
import { addressOf } from '@tscc/syscall/libc'
import { openArtifact } from './artifact-files.mjs'
import { check } from './check.mjs'
import { probe, veth } from './datagrams.mjs'
import { both, withQdiscModules } from './qdiscs.mjs'
import { tscc, tsccProcess } from './tscc.mjs'
import { until } from './until.mjs'
import { variable } from './variables-of.mjs'

const kernel = hostKernel()
const target = linkTarget(kernelFiles(kernel))

/** An example in the kernel, its tunables set, with a reader of its variables. */
function load(name, variables = {}) {
  const object = withVariables(openArtifact(name), variables)
  const linked = linkObject(object, target)
  const loaded = loadPlan(kernel, linked)
  const [ops] = structOpsOf(linked, loaded)
  return {
    ...{ ops, loaded, close: () => loaded.close() },
    variable: (name) => variable(object, { linked, loaded }, '.bss', name),
  }
}

/** Do something while a value is registered. */
async function registered(ops, use) {
  const registration = registerStructOps(kernel, ops)
  try {
    return await use()
  } finally {
    registration.close()
  }
}

await check('bpf_dummy_ops: state and arguments', { feature: 'dummyOps' }, () => {
  const { loaded, variable, close } = load('bpf_dummy')
  try {
    const state = new Uint8Array(Int32Array.of(41).buffer)
    const run = (callback, ...args) => {
      const context = new Uint8Array(BigUint64Array.from([addressOf(state), ...args]).buffer)
      return testRun(kernel, loaded.program(callback), { context }).returnValue
    }
    assert.equal(run('test_1'), 41)
    assert.equal(new DataView(state.buffer).getInt32(0, true), 42)
    assert.equal(run('test_2', 5n, 6n, 7n, 8n), 5)
    assert.equal(variable('sum'), 26n)
  } finally {
    close()
  }
})

/** A check of a qdisc, over two devices of its own. */
const checkQdisc = (name, use) =>
  check(name, { feature: 'qdiscOps', measured: true }, () =>
    withQdiscModules(async () => {
      const path = veth()
      try {
        return await use(path)
      } finally {
        path.close()
      }
    }),
  )

await checkQdisc('Qdisc_ops: a FIFO on a device', async (path) => {
  const { ops, variable, close } = load('qdisc_fifo')
  try {
    await registered(ops, async () => {
      path.add('ts_fifo')
      assert.match(path.show(), /qdisc ts_fifo .* root/)
      const came = await probe({ count: 200, every: 2 })
      assert.deepEqual(
        came.map(({ number }) => number),
        Array.from({ length: 200 }, (_, i) => i),
      )
      assert.ok(variable('sent') >= 200n, `sent ${variable('sent')}`)
      assert.match(path.show(), /Sent [1-9]\d{4,} bytes/)
      path.remove()
      assert.doesNotMatch(path.show(), /ts_fifo/)
    })
    assert.throws(() => path.add('ts_fifo'), /tc qdisc/)
    return { sent: variable('sent'), dropped: variable('dropped') }
  } finally {
    close()
  }
})

/**
 * What a path did to datagrams: the share that was lost, the shortest way in ms (what a busy guest adds is on
 * others), and bits per second from the first one's start to the last one's arrival.
 */
function figuresOf(came, count) {
  const [first] = came
  const last = came.at(-1)
  const bytes = came.reduce((sum, { size }) => sum + size + 42, 0)
  return {
    lost: 1 - came.length / count,
    way: Math.min(...came.map(({ way }) => way)),
    rate: (8e3 * bytes) / (last.at - first.at + first.way),
  }
}

/** The same datagrams over the kernel's netem and over ours. */
async function beside(path, theirs, ours, datagrams) {
  path.add('netem', ...theirs)
  const native = figuresOf(await probe(datagrams), datagrams.count)
  const { ops, variable, close } = load('qdisc_netem', ours)
  try {
    return await registered(ops, async () => {
      path.add('ts_netem')
      const own = figuresOf(await probe(datagrams), datagrams.count)
      const counts = { sent: variable('sent'), lost: variable('lost'), marked: variable('marked') }
      path.remove()
      return { native, own, ...counts }
    })
  } finally {
    close()
  }
}

await checkQdisc('Qdisc_ops: a delay as netem has it', async (path) => {
  const found = await beside(path, ['delay', '60ms'], { delay: 60_000_000n }, { count: 60, every: 50 })
  const { native, own } = found
  assert.equal(own.lost, 0)
  assert.ok(own.way >= 60, `way: ${both(found, 'way')}`)
  assert.ok(Math.abs(native.way - own.way) < 0.05 * native.way, `way: ${both(found, 'way')}`)
  return { way: both(found, 'way') }
})

await checkQdisc('Qdisc_ops: losses as netem has them', async (path) => {
  const wanted = { loss: Math.floor(0.1 * 2 ** 32) }
  const found = await beside(path, ['loss', '10%'], wanted, { count: 800, every: 2 })
  const { native, own } = found
  // Four standard deviations of the difference of two shares of 800
  assert.ok(Math.abs(native.lost - own.lost) < 0.06, `lost: ${both(found, 'lost')}`)
  assert.ok(own.lost > 0.05 && own.lost < 0.15, `lost: ${both(found, 'lost')}`)
  assert.ok(found.lost >= Math.round(800 * own.lost))
  return { lost: both(found, 'lost') }
})

await checkQdisc('Qdisc_ops: a rate as netem has it, and congestion is told', async (path) => {
  const wanted = { rate: 400_000n, mark: 30_000 }
  // 21 ms for each, which a slow guest keeps up with
  const datagrams = { count: 150, every: 0 }
  const found = await beside(path, ['rate', '400kbit', 'limit', '1000'], wanted, datagrams)
  const { native, own } = found
  assert.equal(own.lost, 0)
  assert.ok(Math.abs(native.rate - own.rate) < 0.1 * native.rate, `rate: ${both(found, 'rate')}`)
  assert.ok(Math.abs(own.rate - 4e5) < 0.1 * 4e5, `rate: ${own.rate}`)
  assert.ok(found.marked > 0n)
  return { rate: both(found, 'rate'), way: both(found, 'way'), marked: found.marked }
})

/** Requests that do nothing for 40 ms each, of one ring in one call: how long they took, and what came of them. */
function waitFor(ring, count, entered) {
  for (let i = 0; i < count; i++) ring.queueTimeout(40, i)
  const started = performance.now()
  const result = ring.enter(entered)
  const took = performance.now() - started
  return { result, took, ended: ring.take() }
}

await check(
  'io_uring_bpf_ops: a program decides what begins, and when the wait ends',
  { feature: 'ioUringOps' },
  async () => {
    const { openRing, ETIME } = await import('../examples/io-uring-ops/ring.mjs')
    const { ops, variable, close } = load('io_pool')
    const ring = openRing(16)
    try {
      assert.deepEqual(ring.offsets, { sqHead: 0, sqTail: 4, cqHead: 8, cqTail: 12, cqEntries: 28 })
      const found = await registered(withStructOpsData(ops, { ring_fd: ring.fd }), () => {
        // One of a ring at a time
        assert.throws(() => registerStructOps(kernel, withStructOpsData(ops, { ring_fd: ring.fd })), /EBUSY/)
        return waitFor(ring, 12)
      })
      const [steps, most] = [variable('steps'), variable('most')]
      assert.equal(found.result, 0)
      assert.deepEqual(
        found.ended.map(({ userData }) => userData).toSorted((a, b) => a - b),
        Array.from({ length: 12 }, (_, i) => i),
      )
      assert.ok(found.ended.every(({ result }) => result === -ETIME))
      assert.equal(variable('submitted'), 12)
      assert.equal(most, 4)
      assert.ok(found.took >= 3 * 40, `12 requests of 40 ms, 4 at a time, took ${found.took} ms`)
      // Each fourth has to be waited for, and then it is called once more
      assert.ok(steps >= 4n && steps <= 40n, `called ${steps} times`)
      // Given back: the kernel's own wait, which begins all at once
      const own = waitFor(ring, 12, { submit: 12, complete: 1 })
      assert.equal(own.result, 12)
      assert.equal(variable('steps'), steps)
      return { steps, most, took: Math.round(found.took), own: Math.round(own.took) }
    } finally {
      ring.close()
      close()
    }
  },
)

await check(
  'io_uring_bpf_ops: what takes no program, and a ring that is closed first',
  { feature: 'ioUringOps' },
  async () => {
    const { openRing } = await import('../examples/io-uring-ops/ring.mjs')
    const { ops, close } = load('io_pool')
    const register = (fd) => registerStructOps(kernel, withStructOpsData(ops, { ring_fd: fd }))
    try {
      const plain = openRing(8, { flags: 0 })
      assert.throws(() => register(plain.fd), /EOPNOTSUPP/)
      plain.close()
      const standardError = 2
      assert.throws(() => register(standardError), /EOPNOTSUPP/)
      const ring = openRing(8)
      const registration = register(ring.fd)
      ring.close()
      registration.close()
    } finally {
      close()
    }
  },
)

await check('io_uring_bpf_ops: compiled and attached by importing it', { feature: 'ioUringOps' }, () => {
  const run = ['--import', '@tscc/compiler/register', 'examples/io-uring-ops/run.mjs']
  const { stdout, stderr } = spawnSync(process.execPath, run, { encoding: 'utf8' })
  assert.match(stdout, /^12 of 12 requests/, stderr)
  return { said: stdout.trim() }
})

const schedulerState = () => readFileSync('/sys/kernel/sched_ext/state', 'utf8').trim()

/** Processes that only compute, at these nice values; gives their processor time over so many seconds, ms. */
async function compute(nices, seconds) {
  const children = nices.map(() => spawn('sh', ['-c', 'while :; do :; done']))
  try {
    await Promise.all(children.map((child) => once(child, 'spawn')))
    for (const [i, { pid }] of children.entries()) setPriority(pid, nices[i])
    await sleep(500)
    const before = children.map(({ pid }) => processorTime(pid))
    await sleep(1000 * seconds)
    return children.map(({ pid }, i) => processorTime(pid) - before[i])
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map((child) => once(child, 'close')))
  }
}

/** utime and stime of /proc/PID/stat, in ticks of 10 ms. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

/** Many short processes, one after the other and in a pipe. */
async function fork() {
  const child = spawn('sh', ['-c', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i | cat | wc -c; done'])
  let text = ''
  child.stdout.on('data', (bytes) => {
    text += bytes
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  assert.equal(text.trim().split('\n').length, 12)
}

/** SCX_EXIT_UNREG: user space took it away. */
const TAKEN_AWAY = 64

/** Have a scheduler run a load and be taken away again; gives the load's processor times, and its variables. */
async function scheduled(artifact, name, nices, seconds) {
  assert.equal(schedulerState(), 'disabled')
  const { ops, variable, close } = load(artifact)
  try {
    const times = await registered(ops, async () => {
      await until(() => schedulerState() === 'enabled', 'enabled')
      assert.equal(readFileSync('/sys/kernel/sched_ext/root/ops', 'utf8').trim(), name)
      const spent = await compute(nices, seconds)
      await fork()
      assert.equal(schedulerState(), 'enabled', 'it did not survive the load')
      return spent
    })
    await until(() => schedulerState() === 'disabled', 'disabled')
    assert.equal(variable('ended'), TAKEN_AWAY)
    return { times, queued: variable('queued') }
  } finally {
    close()
  }
}

await check(
  'sched_ext: a global FIFO runs a load and gives the machine back',
  { feature: 'schedExt', measured: true },
  async () => {
    const { times, queued } = await scheduled('sched_fifo', 'ts_fifo', [0, 0, 0], 3)
    const least = Math.min(...times)
    assert.ok(least > 0.5 * Math.max(...times), `unequal: ${times}`)
    assert.ok(queued > 50n, `queued ${queued}`)
    return { times: times.join(' '), queued }
  },
)

await check('sched_ext: virtual time gives by weight', { feature: 'schedExt', measured: true }, async () => {
  // Several of each: one task alone never runs twice in a row, since the others are asked before it is queued again
  const { times } = await scheduled('sched_vtime', 'ts_vtime', [0, 0, 0, 0, 5, 5, 5, 5], 8)
  // Nice 0 weighs 1024, nice 5 weighs 335
  const total = (of) => of.reduce((sum, one) => sum + one, 0)
  const ratio = total(times.slice(0, 4)) / total(times.slice(4))
  assert.ok(ratio > 2.2 && ratio < 4.4, `nice 0 : nice 5 is ${ratio}, ${times}`)
  return { ratio, times: times.join(' ') }
})

await check(
  'sched_ext: registered and listed by the command line, whose process is killed',
  { feature: 'schedExt' },
  async () => {
    const child = tsccProcess('register', 'artifacts/sched_fifo.bpf.o', '--hold')
    await until(() => schedulerState() === 'enabled', 'enabled', 60)
    const { stdout, stderr } = tscc('list', '--json')
    child.kill('SIGKILL')
    await once(child, 'close')
    await until(() => schedulerState() === 'disabled', 'disabled')
    const listed = JSON.parse(stdout).find(({ name }) => name === 'ts_fifo')
    assert.equal(listed?.type, 'sched_ext_ops', `${stdout}${stderr}`)
  },
)
