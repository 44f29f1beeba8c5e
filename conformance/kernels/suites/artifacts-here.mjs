// The artifacts of the job on this kernel: opened, and made to carry traffic.
import assert from 'node:assert/strict'
import { linkObject, linkTarget } from '@tscc/object'
import { registerStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { availableCongestionControls, hostKernel, kernelFiles, loadPlan } from '@tscc/syscall'
import { kernelVersion } from './check.mjs'
import { hasFeature } from './features.mjs'
import { transfer } from './loopback.mjs'

export const kernel = hostKernel()
export const files = kernelFiles(kernel)
export const target = linkTarget(files)
const megabyte = 1 << 20

/** Link, load, register, send a megabyte, take away; `saw` checks what came of it and gives more figures. */
export async function carries(object, saw = () => undefined, to = target) {
  const linked = linkObject(object, to)
  const loaded = loadPlan(kernel, linked)
  try {
    const [ops] = structOpsOf(linked, loaded)
    const { name } = ops.spec
    const registration = registerStructOps(kernel, ops)
    let figures
    try {
      assert.equal(registration.by, hasFeature(kernelVersion, 'structOpsLink') ? 'link' : 'map')
      const { arrived, used, info } = await transfer(kernel, name, megabyte)
      assert.equal(used, name)
      assert.equal(arrived, megabyte)
      const seen = { cwnd: info.tcpi_snd_cwnd, ssthresh: info.tcpi_snd_ssthresh, btf: loaded.btf !== undefined }
      figures = { ...seen, dropped: ops.dropped.map((one) => one.callback), ...saw(info, { linked, loaded, ops }) }
    } finally {
      registration.close()
    }
    assert.equal(availableCongestionControls(kernel).includes(name), false, 'it is still there after its end')
    return figures
  } finally {
    loaded.close()
  }
}

/** The window is larger than at first. */
export const grew = (info) => assert.ok(info.tcpi_snd_cwnd > 10, `the window did not grow: ${info.tcpi_snd_cwnd}`)

export { openArtifact } from './artifact-files.mjs'
