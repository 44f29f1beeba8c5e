// The same object files for every kernel, made once where the matrix was started: linked here by tscc, loaded, registered,
// carrying traffic. One is clang's.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { findEveryType, parseBtf } from '@tscc/btf'
import { linkObject, linkTarget, withVariables } from '@tscc/object'
import { kernelFiles, loadPlan, lookupElement, testRun } from '@tscc/syscall'
import { carries, files, grew, kernel, openArtifact, target } from './artifacts-here.mjs'
import { check, kernelVersion, skipped } from './check.mjs'
import { hasFeature } from './features.mjs'
import { variable } from './variables-of.mjs'

await check('object reno', { feature: 'structOps' }, () => carries(openArtifact('reno'), grew))

await check('object cong_control(sk, rs)', { feature: 'structOps' }, () =>
  carries(openArtifact('cong_control'), (info) => {
    const summed = info.tcpi_snd_ssthresh - 5000
    assert.ok(summed > 0 && summed <= info.tcpi_delivered, `acked_sacked ${summed}, delivered ${info.tcpi_delivered}`)
  }),
)

await check('object that reads bitfields', { feature: 'structOps' }, () =>
  carries(openArtifact('bitfields'), (info) =>
    assert.equal(info.tcpi_snd_ssthresh, 4096 + 256 * 1 + 2 * info.tcpi_ca_state + 1),
  ),
)

await check('object with kfuncs and fallbacks', { feature: 'structOps' }, () => carries(openArtifact('kfuncs'), grew))

await check('object with cwnd_event_tx_start', { feature: 'structOps' }, () =>
  carries(openArtifact('tx_start'), (info, { ops }) => {
    const has = hasFeature(kernelVersion, 'cwndEventTxStart')
    assert.equal(info.tcpi_snd_ssthresh, has ? 6002 : 6001)
    assert.equal(
      ops.dropped.some((one) => one.callback === 'cwnd_event_tx_start'),
      !has,
    )
  }),
)

await check("clang's object: CO-RE, weak kfunc, kconfig, globals, subprogram", { feature: 'structOps' }, () => {
  const object = withVariables(openArtifact('c_reno'), { least: 3 })
  return carries(object, (info, { linked, loaded }) => {
    grew(info)
    assert.ok(loaded.btf !== undefined, 'the kernel took none of the forms of its BTF')
    const seen = { get: (name) => variable(object, { linked, loaded }, '.bss', name) }
    assert.equal(seen.get('wrong'), 0n)
    assert.equal(seen.get('version'), files.version())
    assert.ok(seen.get('calls') > 10n, `${seen.get('calls')} calls`)
    // Acknowledgements may still come in between two readings.
    const byKfunc = seen.get('by_kfunc')
    assert.ok(hasFeature(kernelVersion, 'kfuncCall') ? byKfunc > 10n : byKfunc === 0n, `${byKfunc} by kfunc`)
    const starts = seen.get('tx_starts')
    assert.equal(starts > 0n, hasFeature(kernelVersion, 'cwndEventTxStart'))
    return { calls: seen.get('calls'), kfunc: seen.get('by_kfunc'), starts }
  })
})

await check("clang's object that calls a function of a module", { feature: 'moduleKfuncs' }, async () => {
  const before = await carries(openArtifact('c_module'), (_, { loaded, linked }) => {
    const count = (name) => variable(openArtifact('c_module'), { linked, loaded }, '.bss', name)
    return { byModule: count('by_module'), byOurselves: count('by_ourselves') }
  })
  assert.deepEqual([before.byModule, before.byOurselves > 0n], [0n, true])
  const { status, stderr } = spawnSync('modprobe', ['tcp_dctcp'], { encoding: 'utf8' })
  if (status !== 0) return skipped(`modprobe tcp_dctcp: ${stderr.trim()}`)
  // Some builds give modules copies of the kernel's types, and then the verifier takes no socket for one of theirs.
  const base = parseBtf(files.vmlinux())
  const bytes = new Uint8Array(readFileSync('/sys/kernel/btf/tcp_dctcp'))
  const [own] = findEveryType(parseBtf(bytes, { base }), [{ name: 'sock', kind: 'struct' }])
  if (own.length > 0) return skipped("tcp_dctcp's BTF has a struct sock of its own")
  // The modules of a target are those that were there when it was first asked for one.
  const here = linkTarget(kernelFiles(kernel))
  const linked = linkObject(openArtifact('c_module'), here)
  assert.deepEqual(linked.programs.find((one) => one.name === 'm_cong_avoid').modules, ['tcp_dctcp'])
  const after = await carries(
    openArtifact('c_module'),
    (_, { loaded, linked }) => {
      const count = (name) => variable(openArtifact('c_module'), { linked, loaded }, '.bss', name)
      return { byModule: count('by_module'), byOurselves: count('by_ourselves') }
    },
    here,
  )
  assert.deepEqual([after.byModule > 0n, after.byOurselves], [true, 0n])
  return { calls: after.byModule }
})

await check("clang's classifier: data, map of maps, tail call, subprogram, run", { feature: 'btf' }, () => {
  const object = withVariables(openArtifact('c_filter'), { limit: 42 })
  const linked = linkObject(object, target)
  const loaded = loadPlan(kernel, linked)
  try {
    const { returnValue } = testRun(kernel, loaded.program('first'), { data: new Uint8Array(64) })
    assert.equal(returnValue, 1 + 4 * 10 + 42 + 5)
    const value = (section, name) => variable(object, { linked, loaded }, section, name)
    assert.equal(value('.bss', 'counter'), 77n)
    assert.equal(value('.data', 'runs'), 4)
    assert.equal(value('.rodata', 'limit'), 42)
    const counted = lookupElement(loaded.map('counts'), new Uint8Array(4))
    assert.equal(new DataView(counted.buffer, counted.byteOffset).getBigUint64(0, true), 7n)
    return { btf: loaded.btf !== undefined }
  } finally {
    loaded.close()
  }
})
