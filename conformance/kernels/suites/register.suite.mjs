// Congestion controls on this kernel: registered, carrying traffic, listed, replaced, taken away.
import assert from 'node:assert/strict'
import { ecnCounter, reno, vegasStyle } from '@tscc/algos'
import { linkStructOps, prologue, returnVoid, storeField } from '@tscc/struct-ops'
import {
  findStructOps,
  hostResolver,
  isRegistered,
  listStructOps,
  registerStructOps,
  replaceStructOps,
  unregisterStructOps,
} from '@tscc/struct-ops/kernel'
import { availableCongestionControls, hostKernel } from '@tscc/syscall'
import { check, kernelVersion } from './check.mjs'
import { hasFeature } from './features.mjs'
import { transfer } from './loopback.mjs'
import { absentKfunc, bitfields, congControl, congControlAlone, incomplete, kfuncs, txStart } from './specs.mjs'

/** Algorithms in instructions. */
const algorithms = [
  { name: 'reno', spec: reno },
  { name: 'vegas-style', spec: vegasStyle },
  { name: 'ecn-counter', spec: ecnCounter },
]

const kernel = hostKernel()
const resolver = hostResolver(kernel, { cache: false })
const link = (spec) => linkStructOps(spec, resolver)
const isAvailable = (name) => availableCongestionControls(kernel).includes(name)
const megabyte = 1 << 20

/** Register, `use` the registration, take it away. */
async function registered(spec, use) {
  const registration = registerStructOps(kernel, link(spec))
  try {
    return await use(registration)
  } finally {
    registration.close()
  }
}

/** Register, send a megabyte, take away; `saw` checks the socket's tcp_info and gives more figures. */
async function carries(spec, saw = () => undefined) {
  const linked = link(spec)
  const figures = await registered(spec, async (registration) => {
    assert.equal(registration.by, hasFeature(kernelVersion, 'structOpsLink') ? 'link' : 'map')
    assert.ok(isAvailable(spec.name), 'it is not among the available ones')
    const { arrived, used, info } = await transfer(kernel, spec.name, megabyte)
    assert.equal(used, spec.name)
    assert.equal(arrived, megabyte)
    const seen = { by: registration.by, cwnd: info.tcpi_snd_cwnd, ssthresh: info.tcpi_snd_ssthresh }
    return { ...seen, dropped: linked.dropped.map((one) => one.callback), ...saw(info, linked) }
  })
  assert.equal(isAvailable(spec.name), false, 'it is still there after its end')
  return figures
}

for (const algorithm of algorithms)
  await check(`CC ${algorithm.name} of @tscc/algos`, { feature: 'structOps' }, () =>
    carries(algorithm.spec(`k_${algorithm.name.replace('-', '_')}`), (info) => {
      assert.ok(info.tcpi_snd_cwnd > 10, `the window did not grow: ${info.tcpi_snd_cwnd}`)
    }),
  )

await check('CC with cong_control(sk, rs)', { feature: 'structOps' }, () =>
  carries(congControl('k_cong_control'), (info) => {
    const summed = info.tcpi_snd_ssthresh - 5000
    // All but the handshake's own, which came before this algorithm
    assert.ok(summed > 0 && summed <= info.tcpi_delivered, `acked_sacked ${summed}, delivered ${info.tcpi_delivered}`)
    assert.ok(info.tcpi_delivered - summed <= 2, `acked_sacked ${summed}, delivered ${info.tcpi_delivered}`)
    return { summed, delivered: info.tcpi_delivered }
  }),
)

await check('CC that reads bitfields', { feature: 'structOps' }, () =>
  carries(bitfields('k_bitfields'), (info) => {
    // nonagle is TCP_NAGLE_OFF after TCP_NODELAY, the state Open, and a window of two is always full
    assert.equal(info.tcpi_snd_ssthresh, 4096 + 256 * 1 + 2 * info.tcpi_ca_state + 1)
  }),
)

await check('CC with kfuncs and fallbacks', { feature: 'structOps' }, () =>
  carries(kfuncs('k_kfuncs'), (info, linked) => {
    const called = linked.programs.flatMap((one) => one.insns).filter((insn) => /kfunc/i.test(insn.kind)).length
    assert.equal(called, hasFeature(kernelVersion, 'kfuncCall') ? 2 : 0, 'kfuncs that are called')
    assert.ok(info.tcpi_snd_cwnd > 10, `the window did not grow: ${info.tcpi_snd_cwnd}`)
    return { called }
  }),
)

await check('CC with a kfunc that no kernel has', { feature: 'structOps' }, () =>
  carries(absentKfunc('k_absent'), (info) => assert.equal(info.tcpi_snd_ssthresh, 3100)),
)

await check('CC that handles cwnd_event_tx_start', { feature: 'structOps' }, () =>
  carries(txStart('k_tx_start'), (info, { dropped }) => {
    const own = hasFeature(kernelVersion, 'cwndEventTxStart')
    assert.deepEqual(
      dropped.map((one) => one.callback),
      own ? [] : ['cwnd_event_tx_start'],
    )
    assert.equal(info.tcpi_snd_ssthresh, own ? 6002 : 6001)
  }),
)

await check('CC with cong_control alone', { feature: 'congControlAlone' }, () => carries(congControlAlone('k_alone')))

await check('CC that writes pacing fields', { feature: 'pacingWrite' }, () => {
  const { callbacks, ...rest } = congControl('k_pacing')
  const init = [
    ...prologue('r6'),
    storeField('r6', 'tcp_sock', 'sk_pacing_rate', 1_000_000_000),
    storeField('r6', 'tcp_sock', 'sk_pacing_status', 2),
    ...returnVoid(),
  ]
  return carries({ ...rest, callbacks: { ...callbacks, init } })
})

await check('registrations are listed, with their programs', { feature: 'structOps' }, () =>
  registered(congControl('k_listed'), (registration) => {
    const record = findStructOps(kernel, 'k_listed', { resolver })
    assert.equal(record.id, registration.mapId)
    assert.equal(record.type, 'tcp_congestion_ops')
    assert.deepEqual(Object.keys(record.programs).sort(), [
      'cong_avoid',
      'cong_control',
      'init',
      'ssthresh',
      'undo_cwnd',
    ])
    assert.ok(isRegistered(record), 'it is not said to be registered')
  }),
)

await check('a name is taken once', { feature: 'structOps' }, () =>
  registered(bitfields('k_twice'), ({ name }) => {
    assert.throws(() => registerStructOps(kernel, link(congControl(name))), /this name is registered already/)
  }),
)

await check('what is incomplete is refused, and why is told', { feature: 'structOps' }, () => {
  assert.throws(
    () => registerStructOps(kernel, link(incomplete('k_lacking'))),
    /refused as incomplete, it lacks undo_cwnd/,
  )
  assert.equal(isAvailable('k_lacking'), false)
})

await check('a write that is not allowed names the field', { feature: 'structOps' }, () => {
  const { callbacks, ...rest } = bitfields('k_refused')
  const init = [
    ...prologue('r6'),
    { kind: 'storeField', base: 'r6', struct: 'tcp_sock', field: 'snd_nxt', src: 1 },
    ...returnVoid(),
  ]
  const refused = link({ ...rest, callbacks: { ...callbacks, init } })
  assert.throws(() => registerStructOps(kernel, refused), /init: the verifier refused 'tcp_sock\.snd_nxt of r6 = 1'/)
})

await check('replaced atomically, by its link', { feature: 'structOpsLink' }, () =>
  registered(congControl('k_replaced'), async (registration) => {
    const before = registration.mapId
    registration.replace(link(bitfields('k_replaced')))
    assert.notEqual(registration.mapId, before)
    const { info } = await transfer(kernel, 'k_replaced', megabyte)
    assert.equal(info.tcpi_snd_ssthresh & 0xff00, 4096 + 256)
  }),
)

await check('replaced with a gap', { feature: 'structOps' }, async () => {
  const registration = registerStructOps(kernel, link(congControl('k_gap')), { by: 'map' })
  const record = findStructOps(kernel, registration.mapId, { resolver })
  assert.throws(() => replaceStructOps(kernel, record, link(bitfields('k_gap'))), /cannot be replaced|allowGap|gap/i)
  const id = replaceStructOps(kernel, record, link(bitfields('k_gap')), { allowGap: true })
  const { info } = await transfer(kernel, 'k_gap', megabyte)
  assert.equal(info.tcpi_snd_ssthresh & 0xff00, 4096 + 256)
  unregisterStructOps(kernel, findStructOps(kernel, id, { resolver }))
  assert.equal(isAvailable('k_gap'), false)
})

await check('nothing is left', { feature: 'structOps' }, () => {
  const left = listStructOps(kernel, { resolver }).filter(isRegistered)
  assert.deepEqual(
    left.map((record) => record.name),
    [],
  )
})
