import { release } from 'node:os'
import { hostResolver, listStructOps } from '@tscc/struct-ops/kernel'
import { hostKernel } from '@tscc/syscall'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../../tools/fresh-dist.ts'
import { runLab } from '../../src/run-lab.ts'
import { labProcesses, path20, scenario, whyNoNetwork } from '../real-network.ts'
import { netemProgram } from './programs.ts'

const reno = { label: 'reno', cc: 'reno', origin: 'native' } as const
const link = 'qdisc' as const

test('a program makes the path where the scenario wants one, and only there', async () => {
  const run = (changes: Parameters<typeof scenario>[0], options = {}) => runLab(scenario(changes), [reno], options)
  await expect(run({ link })).rejects.toMatchObject({
    code: 'lab/scenario',
    context: { field: 'link', value: 'qdisc' },
  })
  for (const other of ['user', 'netem'] as const)
    await expect(run({ link: other }, { qdisc: netemProgram() })).rejects.toMatchObject({
      code: 'lab/scenario',
      context: { field: 'link', value: other, limit: 'qdisc or auto with a qdisc' },
    })
})

test('what is no object file is its own error', async () => {
  const qdisc = { label: 'it', object: Uint8Array.of(1, 2, 3) }
  await expect(runLab(scenario({ link }), [reno], { qdisc })).rejects.toMatchObject({ code: 'object/not-elf' })
})

describe.skipIf(whyNoNetwork() !== '')('on this kernel', { timeout: 60_000 }, () => {
  beforeAll(freshDist, 120_000)

  const kernel = hostKernel()
  const registered = () =>
    listStructOps(kernel, { resolver: hostResolver(kernel) }).filter(({ type }) => type === 'Qdisc_ops')

  /** Linux 6.17 and newer, where it was built with CONFIG_NET_SCH_BPF. */
  const hasQdiscOps = (): boolean => {
    try {
      return hostResolver(kernel).structOps('Qdisc_ops').type === 'Qdisc_ops'
    } catch {
      return false
    }
  }

  test('it carries traffic, or the error names the kernel', async () => {
    const before = registered().length
    const short = scenario({ link, path: { ...path20, loss: 0.001 }, duration: 1500, warmup: 500 })
    const running = runLab(short, [reno], { qdisc: netemProgram() })
    if (hasQdiscOps()) {
      const result = await running
      expect(result).toMatchObject({ link: 'qdisc', qdisc: 'netem.bpf.ts' })
      expect(result.summary[0]?.utilisation).toBeGreaterThan(0.5)
      expect(result.runs[0]?.link?.forwarded).toBeGreaterThan(500)
    } else
      await expect(running).rejects.toMatchObject({
        code: 'lab/no-qdisc-ops',
        context: { label: 'netem.bpf.ts', release: release() },
        message: expect.stringContaining('must be 6.17 or newer, built with CONFIG_NET_SCH_BPF'),
      })
    expect(registered()).toHaveLength(before)
    expect(labProcesses(process.pid)).toEqual([])
  })
})
