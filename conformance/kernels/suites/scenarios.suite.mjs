// The kernel's own scenarios: conformance/scenarios, compiled where the matrix was started. docs/kernel-scenarios.md lists them.
import assert from 'node:assert/strict'
import { linkObject, linkTarget } from '@tscc/object'
import {
  deleteRegistration,
  prepareStructOps,
  registerPrepared,
  registerStructOps,
  structOpsOf,
} from '@tscc/struct-ops/kernel'
import {
  availableCongestionControls,
  congestionControl,
  hostKernel,
  kernelFiles,
  loadPlan,
  lookupElement,
  tcpInfo,
  updateElement,
} from '@tscc/syscall'
import { openArtifact } from './artifact-files.mjs'
import { check } from './check.mjs'
import { carry, connection, transfer } from './sockets.mjs'
import { variable } from './variables-of.mjs'

const kernel = hostKernel()
const target = linkTarget(kernelFiles(kernel))
const megabyte = 1 << 20
const isAvailable = (name) => availableCongestionControls(kernel).includes(name)

/** A scenario's object in the kernel; `change` is what to do with it once it is linked. */
function load(name, change = (linked) => linked) {
  const object = openArtifact(name)
  const linked = change(linkObject(object, target))
  const loaded = loadPlan(kernel, linked)
  const [ops] = structOpsOf(linked, loaded)
  const one = { linked, loaded }
  return { ops, loaded, variable: (...which) => variable(object, one, ...which), close: () => loaded.close() }
}

/** Call with scenarios' objects, and with what else is to be closed after it. */
function using(names, call) {
  const open = []
  const own = (one) => {
    open.push(one)
    return one
  }
  try {
    return call(own, ...names.map((name) => own(load(name))))
  } finally {
    for (const one of open.reverse()) one.close()
  }
}

const used = ({ client, server }) => [client, server].map((fd) => congestionControl(kernel, fd))

const s32 = (value) => new Uint8Array(Int32Array.of(value).buffer)
const u64 = (value) => new Uint8Array(BigUint64Array.of(value).buffer)

await check('scenario dctcp: storage of the socket, 10 MB', { feature: 'structOps' }, () =>
  using(['dctcp'], (own, { ops, loaded, variable }) => {
    own(registerStructOps(kernel, ops))
    const storage = loaded.map('storage')
    const before = (client) => updateElement(storage, s32(client), u64(0xeb9fn))
    const pair = own(connection(kernel, { client: 'sc_dctcp', server: 'sc_dctcp', before }))
    assert.equal(transfer(pair, 10 * megabyte), 10 * megabyte)
    assert.deepEqual(used(pair), ['sc_dctcp', 'sc_dctcp'])
    assert.deepEqual([variable('.bss', 'found'), variable('.data', 'deleted')], [0xeb9fn, 0n])
    assert.equal(lookupElement(storage, s32(pair.client)), undefined)
  }),
)

await check('scenario cubic: 10 MB', { feature: 'structOps' }, () =>
  using(['cubic'], (own, { ops }) => {
    const { name } = own(registerStructOps(kernel, ops))
    assert.deepEqual(carry(kernel, name, 10 * megabyte), { arrived: 10 * megabyte, cc: name })
  }),
)

await check('scenario licence: refused', { feature: 'structOps' }, () => {
  assert.throws(() => load('no-gpl'), /struct ops programs must have a GPL compatible license/)
})

await check('scenario fallback to cubic, init within init', { feature: 'setsockoptInInit' }, () =>
  using(['dctcp-fallback'], (own, { ops, variable }) => {
    own(registerStructOps(kernel, ops))
    const pair = own(connection(kernel, { client: 'sc_fallback', server: 'cubic' }))
    assert.equal(transfer(pair, megabyte), megabyte)
    assert.deepEqual(used(pair), ['cubic', 'cubic'])
    const answers = ['to_cubic', 'to_itself', 'back_to_cubic'].map((name) => variable('.data', name))
    assert.deepEqual(answers, [0n, 0n, 0n])
    assert.deepEqual([variable('.bss', 'inits'), variable('.bss', 'busy'), variable('.bss', 'to_cdg')], [2, 3, -524n])
  }),
)

await check('scenario setsockopt in release: refused', { feature: 'structOps' }, () => {
  assert.throws(() => load('setsockopt-in-release'), /bpf_setsockopt#49/)
})

await check('scenario pacing', { feature: 'pacingWrite' }, () =>
  using(['pacing'], (own, { ops }) => {
    const { name } = own(registerStructOps(kernel, ops))
    const pair = own(connection(kernel, { client: name }))
    assert.equal(transfer(pair, megabyte), megabyte)
    assert.equal(tcpInfo(kernel, pair.client).tcpi_pacing_rate, 10_000_000n)
  }),
)

await check('scenario incomplete: refused', { feature: 'structOps' }, () => {
  for (const member of ['ssthresh', 'undo_cwnd', 'cong_avoid'])
    using([], (own) => {
      const without = (ops) => ({ ...ops, callbacks: ops.callbacks.filter((one) => one.member.name !== member) })
      const { ops } = own(load('other-name', (linked) => ({ ...linked, structOps: linked.structOps.map(without) })))
      assert.throws(() => registerStructOps(kernel, ops), /refused as incomplete/)
    })
  assert.equal(isAvailable('sc_other'), false)
})

await check('scenario get_info: refused', { feature: 'structOps' }, () => {
  const asGetInfo = (linked) => {
    const { layout, callbacks } = linked.structOps[0]
    const { index } = layout.members.find(({ name }) => name === 'get_info')
    const moved = callbacks.find(({ member }) => member.name === 'ssthresh').function
    const programs = linked.programs.map((one) =>
      one.function === moved ? { ...one, expectedAttachType: index } : one,
    )
    return { ...linked, programs }
  }
  using([], (own) =>
    assert.throws(() => {
      const { ops } = own(load('other-name', asGetInfo))
      registerStructOps(kernel, ops).close()
    }, /get_info|ENOTSUPP/),
  )
})

await check('scenario live update', { feature: 'structOpsLink' }, () =>
  using(['version-1', 'version-2'], (own, first, second) => {
    const link = own(registerStructOps(kernel, first.ops))
    const before = own(connection(kernel, { client: link.name }))
    const { mapId } = link
    link.replace(second.ops)
    assert.notEqual(link.mapId, mapId)
    const after = own(connection(kernel, { client: link.name }))
    assert.deepEqual(
      [first, second].map(({ variable }) => variable('.bss', 'inits')),
      [1n, 1n],
    )
    const seen = first.variable('.bss', 'acks')
    assert.deepEqual([transfer(before, megabyte), transfer(after, megabyte)], [megabyte, megabyte])
    assert.ok(first.variable('.bss', 'acks') > seen)
  }),
)

await check('scenario update with another name: refused', { feature: 'structOpsLink' }, () =>
  using(['version-1', 'other-name'], (own, first, other) => {
    const link = own(registerStructOps(kernel, first.ops))
    const { mapId } = link
    assert.throws(() => link.replace(other.ops), /a live update must keep the name/)
    assert.deepEqual([link.mapId, isAvailable('sc_other')], [mapId, false])
    assert.deepEqual(carry(kernel, link.name, megabyte), { arrived: megabyte, cc: 'sc_version' })
  }),
)

await check('scenario links and none', { feature: 'structOpsLink' }, () =>
  using(['version-1', 'other-name'], (own, first, other) => {
    const link = own(registerStructOps(kernel, first.ops))
    const alone = prepareStructOps(kernel, other.ops, 'map')
    own(alone.map)
    own({ close: () => deleteRegistration(alone.map) })
    assert.throws(() => link.replace(alone), /without a link/)
    assert.throws(() => registerPrepared(kernel, alone), /EINVAL/)
    for (const name of [link.name, 'sc_other']) assert.equal(carry(kernel, name, megabyte).cc, name)
  }),
)

await check('scenario one map, several links', { feature: 'structOpsLink' }, () =>
  using(['version-1'], (own, { ops }) => {
    const prepared = prepareStructOps(kernel, ops, 'link')
    own(prepared.map)
    for (let round = 0; round < 3; round++) {
      assert.equal(isAvailable('sc_version'), false)
      const link = registerPrepared(kernel, prepared)
      try {
        assert.throws(() => registerPrepared(kernel, prepared), /this name is registered already/)
        assert.equal(carry(kernel, 'sc_version', megabyte).cc, 'sc_version')
      } finally {
        link.close()
      }
    }
    assert.equal(isAvailable('sc_version'), false)
  }),
)

await check('scenario replace with an expected map', { feature: 'structOpsLink' }, () =>
  using(['version-1', 'version-2'], (own, first, second) => {
    const [one, two] = [first, second].map(({ ops }) => prepareStructOps(kernel, ops, 'link'))
    for (const { map } of [one, two]) own(map)
    const link = own(registerPrepared(kernel, two))
    const { mapId } = link
    assert.throws(() => link.replace(one, { expected: one }), /holds another map than the expected one/)
    assert.equal(link.mapId, mapId)
    link.replace(one, { expected: two })
    assert.notEqual(link.mapId, mapId)
    assert.equal(carry(kernel, link.name, megabyte).cc, 'sc_version')
  }),
)
