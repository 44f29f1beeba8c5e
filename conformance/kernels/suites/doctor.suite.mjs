// The command line, installed from its tarball, on this kernel.
import assert from 'node:assert/strict'
import { hostKernel, probeFeatures } from '@tscc/syscall'
import { check, kernelVersion } from './check.mjs'
import { hasFeature } from './features.mjs'
import { tscc } from './tscc.mjs'

await check('tscc doctor: this kernel can register', { feature: 'structOps' }, () => {
  const { stdout, stderr } = tscc('doctor', '--json')
  const diagnosis = JSON.parse(stdout)
  assert.equal(
    diagnosis.register,
    true,
    `${stderr}${JSON.stringify(diagnosis.checks.filter((one) => one.status !== 'ok'))}`,
  )
  return Object.fromEntries(diagnosis.checks.map((one) => [one.name, `${one.status}: ${one.found}`]))
})

const probed = {
  mapStructOpsLink: 'structOpsLink',
  kfuncCall: 'kfuncCall',
  vmlinuxBtfMmap: 'vmlinuxBtfMmap',
  programSyscall: 'syscallProgram',
}

await check('probes agree with the table of features', {}, () => {
  const found = probeFeatures(hostKernel())
  for (const [probe, feature] of Object.entries(probed))
    assert.equal(found[probe].supported, hasFeature(kernelVersion, feature), `${probe}: ${found[probe].why}`)
})

await check('tscc register, list, unregister', { feature: 'structOps' }, () => {
  const registered = tscc('register', 'reno', '--name', 'k_cli')
  assert.equal(registered.status, 0, registered.stderr)
  const listed = tscc('list', '--json')
  assert.match(listed.stdout, /k_cli/, listed.stderr)
  const gone = tscc('unregister', 'k_cli')
  assert.equal(gone.status, 0, gone.stderr)
  assert.doesNotMatch(tscc('list', '--json').stdout, /k_cli/)
})
