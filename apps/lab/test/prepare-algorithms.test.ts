import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { reno } from '@tscc/algos'
import { availableCongestionControls, hostKernel } from '@tscc/syscall'
import { describe, expect, it } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { needs } from '../../../tools/needs.ts'
import { labErrors } from '../src/lab-errors.ts'
import { hasCongestionControl, prepareAlgorithms } from '../src/prepare-algorithms.ts'
import { noteLeftover } from '../src/sweep.ts'

describe.skipIf(!needs('struct_ops', 'namespaces'))('prepareAlgorithms', () => {
  const kernel = hostKernel()

  it('registers specs under names of their own, and takes them away', async () => {
    const spec = { ...reno('given'), data: { flags: 2 } }
    const prepared = await prepareAlgorithms(kernel, [
      { kind: 'spec', label: 'reno', spec },
      { kind: 'spec', label: 'A long-winded name!', spec: reno() },
      { kind: 'kernel', label: 'kernel:reno', cc: 'reno' },
    ])
    expect(prepared.algorithms).toEqual([
      { label: 'reno', cc: expect.stringMatching(/^ts_reno_[0-9a-z]{5}$/), origin: 'tscc', ecn: true },
      { label: 'A long-winded name!', cc: expect.stringMatching(/^ts_along_[0-9a-z]{5}$/), origin: 'tscc', ecn: false },
      { label: 'kernel:reno', cc: 'reno', origin: 'native', ecn: false },
    ])
    for (const { cc } of prepared.algorithms) expect(availableCongestionControls(kernel)).toContain(cc)
    prepared.close()
    prepared.close()
    for (const { cc } of prepared.algorithms.slice(0, 2)) expect(availableCongestionControls(kernel)).not.toContain(cc)
  })

  it('tells algorithms of the same label apart', async () => {
    using prepared = await prepareAlgorithms(kernel, [
      { kind: 'kernel', label: 'reno', cc: 'reno' },
      { kind: 'kernel', label: 'reno', cc: 'reno' },
    ])
    expect(prepared.algorithms.map(({ label }) => label)).toEqual(['reno', 'reno (2)'])
  })

  it('leaves nothing registered when one of several fails', async () => {
    const incomplete = { ...reno(), callbacks: {} }
    const prepare = prepareAlgorithms(kernel, [
      { kind: 'spec', label: 'good', spec: reno() },
      { kind: 'spec', label: 'bad', spec: incomplete },
    ])
    await expect(prepare).rejects.toMatchObject({ code: 'struct-ops/incomplete' })
    expect(availableCongestionControls(kernel).filter((name) => /^ts_(good|bad)_/.test(name))).toEqual([])
  })

  it('refuses what the kernel does not have', async () => {
    expect(hasCongestionControl(kernel, 'reno')).toBe(true)
    expect(hasCongestionControl(kernel, 'no_such_cc')).toBe(false)
    expect(hasCongestionControl(kernel, 'not a name')).toBe(false)
    const error = await prepareAlgorithms(kernel, [{ kind: 'kernel', label: 'x', cc: 'no_such_cc' }]).catch((e) => e)
    expect(labErrors.is(error, 'lab/no-algorithm')).toBe(true)
  })

  it('sweeps what a killed process left registered', async () => {
    // By map, as kernels before 6.4 do: that outlives its process, where a link does not.
    const name = `ts_left_${process.pid.toString(36).padStart(5, '0')}`
    const script = `
      import { reno } from '@tscc/algos'
      import { linkStructOps } from '@tscc/struct-ops'
      import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
      import { hostKernel } from '@tscc/syscall'
      import { noteLeftover } from './dist/index.js'
      const kernel = hostKernel()
      noteLeftover({ kind: 'struct_ops', data: { name: '${name}' } })
      registerStructOps(kernel, linkStructOps(reno('${name}'), hostResolver(kernel)), { by: 'map' })
      process.kill(process.pid, 'SIGKILL')`
    await freshDist()
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd, encoding: 'utf8' })
    expect([child.signal, child.stderr]).toEqual(['SIGKILL', ''])
    expect(availableCongestionControls(kernel)).toContain(name)
    using _prepared = await prepareAlgorithms(kernel, [{ kind: 'spec', label: 'reno', spec: reno() }])
    expect(availableCongestionControls(kernel)).not.toContain(name)
  }, 120_000)

  it('is not kept from its work by a note of something that is gone', async () => {
    const note = noteLeftover({ kind: 'struct_ops', data: { name: 'ts_gone_00000' } })
    using prepared = await prepareAlgorithms(kernel, [{ kind: 'spec', label: 'reno', spec: reno() }])
    expect(prepared.algorithms).toHaveLength(1)
    note.forget()
  })
})
