import { reno } from '@tscc/algos'
import { linkStructOps } from '@tscc/struct-ops'
import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
import { hostKernel } from '@tscc/syscall'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { measured } from '../../../tools/measured.ts'
import { runLab } from '../src/run-lab.ts'
import { scenario, whyNoNetwork } from './real-network.ts'

/*
 * The same algorithm twice, interleaved: what differs between the two is the implementation (or the machine's noise,
 * which these bounds leave room for: idle, goodput and cwnd agree to a fifth of a per cent).
 */
describe.skipIf(whyNoNetwork() !== '')('tscc’s Reno beside the kernel’s', { timeout: 120_000, ...measured }, () => {
  beforeAll(freshDist, 120_000)

  test('median goodput within 2 %, mean cwnd within 5 %', async () => {
    const kernel = hostKernel()
    using registration = registerStructOps(
      kernel,
      linkStructOps(reno(`twin${process.pid % 100000}`), hostResolver(kernel)),
    )
    const { summary, runs } = await runLab(scenario({ duration: 6000, repeat: 3, warmup: 1500 }), [
      { label: 'tscc', cc: registration.name, origin: 'tscc' },
      { label: 'kernel', cc: 'reno', origin: 'native' },
    ])
    expect(runs.map((run) => run.labels[0])).toEqual(['tscc', 'kernel', 'tscc', 'kernel', 'tscc', 'kernel'])
    const [ours, theirs] = summary
    if (ours === undefined || theirs === undefined) throw new Error('two rows expected')
    expect(ours.goodput / theirs.goodput).toBeGreaterThan(0.98)
    expect(ours.goodput / theirs.goodput).toBeLessThan(1.02)
    expect(ours.cwndMean / theirs.cwndMean).toBeGreaterThan(0.95)
    expect(ours.cwndMean / theirs.cwndMean).toBeLessThan(1.05)
  })
})
