// The same specs as object files of ours, registered by bpftool: what people with other loaders do with them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { reno } from '@tscc/algos'
import { readObject, writeObject } from '@tscc/object'
import { specToObject } from '@tscc/struct-ops/object'
import { availableCongestionControls, hostKernel } from '@tscc/syscall'
import { check, skipped } from './check.mjs'
import { transfer } from './loopback.mjs'
import { bitfields, congControl, kfuncs, txStart } from './specs.mjs'

const kernel = hostKernel()
const megabyte = 1 << 20

function bpftool(...args) {
  const { status, stdout, stderr } = spawnSync('bpftool', args, { encoding: 'utf8', timeout: 60_000 })
  assert.equal(status, 0, `bpftool ${args.join(' ')}: ${(stderr || stdout).trim().split('\n').slice(-6).join(' | ')}`)
  // What it did goes to stderr
  return `${stdout}${stderr}`
}

const hasBpftool = spawnSync('bpftool', ['version']).error === undefined

/** Register by bpftool, send a megabyte, take away; `saw` checks the socket's tcp_info. */
async function carries(spec, saw = () => undefined) {
  if (!hasBpftool) return skipped('the machine that started this has no bpftool')
  const object = specToObject(spec)
  const bytes = writeObject(object)
  assert.deepEqual(writeObject(readObject(bytes)), bytes, 'what is read back differs')
  const path = `/tmp/${spec.name}.bpf.o`
  writeFileSync(path, bytes)
  const said = bpftool('struct_ops', 'register', path)
  const id = /id (\d+)/.exec(said)?.[1]
  assert.ok(id, said)
  try {
    const { arrived, used, info } = await transfer(kernel, spec.name, megabyte)
    assert.equal(used, spec.name)
    assert.equal(arrived, megabyte)
    saw(info)
    return { bytes: bytes.length, cwnd: info.tcpi_snd_cwnd, ssthresh: info.tcpi_snd_ssthresh }
  } finally {
    bpftool('struct_ops', 'unregister', 'id', id)
    assert.equal(availableCongestionControls(kernel).includes(spec.name), false, 'it is still there after its end')
  }
}

await check('bpftool registers reno of @tscc/algos', { feature: 'structOps' }, () =>
  carries(reno('o_reno'), (info) =>
    assert.ok(info.tcpi_snd_cwnd > 10, `the window did not grow: ${info.tcpi_snd_cwnd}`),
  ),
)

await check('bpftool registers cong_control(sk, rs)', { feature: 'structOps' }, () =>
  carries(congControl('o_cong_control'), (info) => {
    const summed = info.tcpi_snd_ssthresh - 5000
    assert.ok(summed > 0 && summed <= info.tcpi_delivered, `acked_sacked ${summed}, delivered ${info.tcpi_delivered}`)
  }),
)

await check('bpftool registers one that reads bitfields', { feature: 'structOps' }, () =>
  carries(bitfields('o_bitfields'), (info) =>
    assert.equal(info.tcpi_snd_ssthresh, 4096 + 256 * 1 + 2 * info.tcpi_ca_state + 1),
  ),
)

await check('bpftool registers kfuncs with fallbacks', { feature: 'kfuncAddress' }, () =>
  carries(kfuncs('o_kfuncs'), (info) =>
    assert.ok(info.tcpi_snd_cwnd > 10, `the window did not grow: ${info.tcpi_snd_cwnd}`),
  ),
)

await check('bpftool registers cwnd_event_tx_start', { feature: 'cwndEventTxStart' }, () =>
  carries(txStart('o_tx_start'), (info) => assert.equal(info.tcpi_snd_ssthresh, 6002)),
)
