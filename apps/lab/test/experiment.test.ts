import { readFileSync } from 'node:fs'
import type { FlowTrace, LabAlgorithm, LabProgress, LabRun } from '@tscc/experiment'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { measured } from '../../../tools/measured.ts'
import { runExperiment } from '../src/experiment.ts'
import { labErrors } from '../src/lab-errors.ts'
import { runLab } from '../src/run-lab.ts'
import { labProcesses, meanFrom, path20, scenario, whyNoNetwork } from './real-network.ts'

const native = (cc: string, more: Partial<LabAlgorithm> = {}): LabAlgorithm => ({
  label: cc,
  cc,
  origin: 'native',
  ...more,
})
const reno = native('reno')
const cubic = native('cubic')
const available = process.platform === 'linux' ? algorithms() : ''

function algorithms(): string {
  return readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8')
}

function only(run: LabRun | undefined): FlowTrace {
  const [flow, ...others] = run?.flows ?? []
  if (flow === undefined || others.length > 0) throw new Error('expected a run of one flow')
  return flow
}

/** bit/s after `from` ms. */
function goodput({ time, bytesAcked }: FlowTrace, from = 1000): number {
  const start = time.findIndex((at) => at >= from)
  const bytes = (bytesAcked.at(-1) ?? 0) - (bytesAcked[start] ?? 0)
  return (bytes * 8000) / ((time.at(-1) ?? 0) - (time[start] ?? 0))
}

describe.skipIf(whyNoNetwork() !== '')('real traffic', { timeout: 60_000, ...measured }, () => {
  beforeAll(freshDist, 120_000)

  test('native algorithms fill the link, one after the other, as TCP_INFO and the link both tell', async () => {
    const progress: LabProgress[] = []
    const tested = available.includes('bbr') ? [reno, cubic, native('bbr')] : [reno, cubic]
    const { runs, link, summary } = await runLab(scenario({ duration: 4000 }), tested, {
      onProgress: (one) => progress.push(one),
    })
    expect(link).toBe('user')
    expect(runs.map(({ labels, round }) => [...labels, round])).toEqual(tested.map(({ label }) => [label, 0]))
    for (const run of runs) {
      const flow = only(run)
      expect(goodput(flow)).toBeGreaterThan(0.85 * 20e6)
      expect(goodput(flow)).toBeLessThan(20e6 * (1448 / 1514) * 1.02)
      expect(flow.time.length).toBe(401)
      expect(flow.time.at(-1)).toBeGreaterThanOrEqual(4000)
      // What was dropped has been sent again, but for the last window.
      expect(run.link?.droppedFull).toBeLessThanOrEqual((flow.retransmits.at(-1) ?? 0) + (flow.cwnd.at(-1) ?? 0))
      expect(run.link?.maxQueue).toBeLessThanOrEqual(50_000)
      expect(Math.min(...flow.rtt)).toBeGreaterThanOrEqual(19_990)
    }
    const first = only(runs[0])
    expect(meanFrom(first.time, first.rtt, 2000)).toBeGreaterThan(25_000) // Reno keeps a queue of half the buffer or more
    expect(runs[0]?.link?.droppedFull).toBeGreaterThan(0)
    expect(summary.map(({ label, runs: count }) => [label, count])).toEqual(tested.map(({ label }) => [label, 1]))
    expect(progress.at(-1)).toEqual({ kind: 'done' })
    expect(progress.filter(({ kind }) => kind === 'run').length).toBeGreaterThan(tested.length * 10)
    expect(labProcesses(process.pid)).toEqual([])
  })

  test('an idle path has twice the delay, within 0.5 ms', async () => {
    const { runs } = await runExperiment(scenario({ duration: 100, warmup: 0, repeat: 9 }), [reno])
    // None comes early; a machine with other work makes some late, but not each of nine.
    const least = Math.min(...runs.map((run) => only(run).rtt[0] ?? 0))
    expect(least).toBeGreaterThanOrEqual(20_000)
    expect(least).toBeLessThan(20_500)
  })

  test('random losses are counted and repaired', async () => {
    const lossy = scenario({ path: { ...path20, loss: 0.01 }, repeat: 2, duration: 2000 })
    const { runs } = await runExperiment(lossy, [cubic])
    for (const run of runs) {
      const { forwarded = 0, droppedRandom = 0 } = run.link ?? {}
      expect(droppedRandom).toBeGreaterThan(0)
      expect(droppedRandom / forwarded).toBeLessThan(0.03)
      expect(only(run).retransmits.at(-1)).toBeGreaterThanOrEqual(droppedRandom * 0.8)
    }
  })

  test('CE marks reach those who asked for ECN, and nobody else', async () => {
    const marking = scenario({ path: { ...path20, ecnThreshold: 15_000 }, link: 'auto', duration: 2000, warmup: 500 })
    const texts: string[] = []
    const { runs, link } = await runExperiment(marking, [native('reno', { ecn: true }), reno], {
      onProgress: (one) => {
        if (one.kind === 'setup') texts.push(one.text)
      },
    })
    expect(link).toBe('user')
    expect(texts.join()).toContain('cannot mark')
    const [asked, silent] = runs
    expect(asked?.link?.markedCe).toBeGreaterThan(3)
    // Marks leave next to nothing to drop; a machine that stands still for a moment makes a burst.
    expect(asked?.link?.droppedFull).toBeLessThan((asked?.link?.markedCe ?? 0) / 2)
    // A classic receiver echoes a mark until the sender confirms it (RFC 3168 section 6.1.3): more are told than set.
    expect(only(asked).deliveredCe.at(-1)).toBeGreaterThan(3)
    expect(only(silent).deliveredCe.at(-1)).toBe(0)
    expect(silent?.link?.markedCe).toBe(0)
    expect(silent?.link?.droppedFull).toBeGreaterThan(0)
  })

  test('flows that share the link divide it', async () => {
    const sharing = scenario({ mode: 'share', flows: 2, repeat: 1, duration: 3000 })
    const { runs } = await runExperiment(sharing, [reno, cubic])
    const flows = runs[0]?.flows ?? []
    expect(runs).toHaveLength(1)
    expect(flows.map(({ cc, flow }) => [cc, flow])).toEqual([
      ['reno', 0],
      ['cubic', 1],
      ['reno', 2],
      ['cubic', 3],
    ])
    const each = flows.map((flow) => goodput(flow))
    expect(each.reduce((a, b) => a + b)).toBeGreaterThan(0.85 * 20e6)
    expect(Math.min(...each)).toBeGreaterThan(0.2e6)
  })

  test("the kernel's own token bucket makes the bottleneck where netem is not needed", async () => {
    const kernel = scenario({ link: 'netem', path: { ...path20, delay: 0 }, duration: 2000, warmup: 500 })
    const { runs, link } = await runExperiment(kernel, [reno])
    expect(link).toBe('netem')
    expect(goodput(only(runs[0]), 500)).toBeGreaterThan(0.85 * 20e6)
    expect(meanFrom(only(runs[0]).time, only(runs[0]).rtt, 500)).toBeGreaterThan(8000)
    expect(only(runs[0]).retransmits.at(-1)).toBeGreaterThan(0)
  })

  test('netem is used where the kernel has it, and else the reason is told', async () => {
    const wanted = scenario({ link: 'netem', duration: 1500, warmup: 500 })
    try {
      const { runs, link } = await runExperiment(wanted, [reno])
      expect(link).toBe('netem')
      expect(goodput(only(runs[0]), 500)).toBeGreaterThan(0.8 * 20e6)
    } catch (error) {
      if (!labErrors.is(error, 'lab/no-netem')) throw error
      expect(error.message).toMatch(/ENOENT.*user-space link/)
      console.warn(`netem not run: ${error.context.reason}`)
    }
  })

  test('an unknown algorithm is named, and its processes end', async () => {
    await expect(runExperiment(scenario(), [native('no_such_cc')])).rejects.toMatchObject({
      code: 'lab/no-algorithm',
      message: expect.stringContaining('no_such_cc'),
    })
    expect(labProcesses(process.pid)).toEqual([])
  })
})

test.each([
  ['path.rate', { path: { ...path20, rate: 0 } }],
  ['path.loss', { path: { ...path20, loss: 1.5 } }],
  ['path.delay', { path: { ...path20, delay: Number.NaN } }],
  ['flows', { flows: 1.5 }],
  ['repeat', { repeat: 0 }],
  ['warmup', { warmup: 4000 }],
  ['interval', { interval: 0 }],
])('a scenario with a wrong %s is refused before anything is made', async (field, changes) => {
  await expect(runExperiment(scenario(changes), [reno])).rejects.toMatchObject({
    code: 'experiment/scenario',
    context: { field },
  })
})

test('so is one without algorithms, or with a name that the kernel cannot have', async () => {
  await expect(runExperiment(scenario(), [])).rejects.toThrow(/at least one/)
  await expect(runExperiment(scenario(), [native('a_name_of_16_byt')])).rejects.toThrow(/1\.\.15 bytes/)
})
