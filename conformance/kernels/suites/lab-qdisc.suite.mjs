// examples/struct-ops: qdiscs as the lab's path, beside the kernel's own. Apart from struct-ops, since it takes as long.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeObject } from '@tscc/object'
import { listStructOps } from '@tscc/struct-ops/kernel'
import { hostKernel } from '@tscc/syscall'
import { openArtifact } from './artifact-files.mjs'
import { check, kernelVersion, skipped } from './check.mjs'
import { versionOf } from './features.mjs'
import { linksBeside } from './lab-links.mjs'
import { both, withQdiscModules } from './qdiscs.mjs'
import { tsccProcess } from './tscc.mjs'
import { until } from './until.mjs'

const kernel = hostKernel()

/** Two labs, of half a minute each and more in an emulated guest, and up to three times: the newest kernel is enough. */
const isNewest = ([major, minor]) => major > 7 || (major === 7 && minor >= 3)

/** Those that are registered now. */
const qdiscs = () => listStructOps(kernel).filter(({ type }) => type === 'Qdisc_ops')

/** A check of a qdisc as the lab's path. */
const checkLab = (name, run) =>
  check(name, { feature: 'qdiscOps' }, () => {
    if (!isNewest(versionOf(kernelVersion))) return skipped('takes long, and is checked on the newest kernel')
    return withQdiscModules(run)
  })

await checkLab('Qdisc_ops: a path of the lab as netem and tbf make it', async () => {
  const qdisc = { label: 'netem.bpf.ts', object: writeObject(openArtifact('qdisc_netem')) }
  const { first, apart, rounds, ...found } = await linksBeside(qdisc)
  const figures = { goodput: both(found, 'goodput'), rtt: both(found, 'rttMean'), rounds }
  assert.deepEqual(apart, [], JSON.stringify(figures))
  assert.deepEqual([first.link, first.qdisc], ['qdisc', 'netem.bpf.ts'])
  const counted = first.runs[0].link
  assert.ok(counted.forwarded > 400 && counted.droppedFull > 0, JSON.stringify(counted))
  assert.ok(counted.maxQueue > 15_000 && counted.maxQueue <= 20_000, JSON.stringify(counted))
  assert.deepEqual(qdiscs(), [])
  return { ...figures, forwarded: counted.forwarded, droppedFull: counted.droppedFull }
})

await checkLab('Qdisc_ops: a lab that is stopped or killed takes its qdiscs along', async () => {
  const program = ['--qdisc', 'artifacts/qdisc_netem.bpf.o']
  for (const signal of ['SIGINT', 'SIGKILL']) {
    const child = tsccProcess('lab', 'reno', ...program, '--path', '1mbit 40ms', '--duration', '100s')
    await until(() => qdiscs().length === 2, 'one qdisc for each direction', 60)
    child.kill(signal)
    await once(child, 'close')
    await until(() => qdiscs().length === 0, `no qdisc after ${signal}`, 60)
  }
})
