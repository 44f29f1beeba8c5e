import { describe, expect, test } from 'vitest'
import { parseAlgorithm, parseTwinArguments } from '../lib/twins-arguments.mjs'
import { collectTwins, withMoreRuns, withoutTraces } from '../lib/twins-collect.mjs'
import { twinsHtml } from '../lib/twins-html.mjs'
import { isSameOrder, judge, words } from '../lib/twins-judge.mjs'
import { lengthOf, paths, planOf, twins } from '../lib/twins-plan.mjs'
import { twinsText } from '../lib/twins-text.mjs'
import { alphaOf, twinFigures } from '../suites/twin-figures.mjs'

interface Named {
  readonly name: string
  readonly text: string
}
interface Compared {
  readonly name: string
  readonly path: string
  readonly status: string
  readonly verdict?: { readonly ok: boolean }
}

const figures = { goodput: 9e6, cwndMean: 20, cwndMax: 30, rttMean: 25, rttMedian: 25, rttP95: 30, retransmits: 40 }
const ecn = { queue: 5, alpha: 0.2, marked: 0.2 }
const reno = { twin: 'reno', path: 'clean' }

describe('the command line', () => {
  test('without arguments: every algorithm that tscc has, three kernels, every path', () => {
    const options = parseTwinArguments([], 2)
    expect(options.wanted.map((one: Named) => one.text)).toEqual(['6.1', '6.12', 'newest'])
    expect(options.algorithms.map(({ name }: Named) => name)).toEqual(Object.keys(twins))
    expect(options.pathNames).toEqual(Object.keys(paths))
    expect(options).toMatchObject({ host: false, optional: true, jobs: 2, duration: 12_000, rounds: 2, json: false })
  })

  test('the host beside other kernels, some algorithms, some paths', () => {
    const options = parseTwinArguments(['--kernels', 'host,6.1', '--algorithms', 'bbr', '--paths', 'loss'], 2)
    expect(options.wanted.map((one: Named) => one.text)).toEqual(['6.1'])
    expect(options).toMatchObject({ host: true, optional: false, pathNames: ['loss'] })
    expect(options.algorithms).toEqual([{ name: 'bbr', source: 'bbr', twin: 'bbr', feature: 'pacingWrite' }])
  })

  test('objects by name, with the twin that they name', () => {
    expect(parseAlgorithm('reno=a/reno.bpf.o')).toEqual({ name: 'reno', source: 'a/reno.bpf.o', twin: 'reno' })
    expect(parseAlgorithm('mine=./mine.o@bbr')).toMatchObject({
      source: './mine.o',
      twin: 'bbr',
      feature: 'pacingWrite',
    })
    expect(parseTwinArguments(['mine=x.o'], 2)).toMatchObject({ optional: false, algorithms: [{ twin: 'mine' }] })
  })

  test.each([
    [['--paths', 'dirty'], '--paths: dirty: expected one of clean, loss'],
    [['--algorithms', 'tahoe'], '--algorithms: tahoe: expected one of reno, cubic'],
    [['--rounds', '0'], '--rounds: 0: expected a whole number from 1 to 100'],
    [['reno.bpf.o'], 'reno.bpf.o: expected NAME=SOURCE'],
  ])('%j is refused', (argv, message) => {
    expect(() => parseTwinArguments(argv, 2)).toThrow(message)
  })
})

describe('the plan', () => {
  const algorithms = [parseAlgorithm('reno=reno'), parseAlgorithm('dctcp=dctcp')]
  const options = { onHost: false, pathNames: Object.keys(paths), duration: 8000, rounds: 2 }

  test('losses and marks come from the link with seeds, and losses have more runs', () => {
    const { paths: planned } = planOf(algorithms, options)
    const of = (name: string) => planned.find((path: Named) => path.name === name)
    expect(of('clean')?.scenario).toMatchObject({ link: 'auto', repeat: 3, warmup: 2000, duration: 8000 })
    expect(of('loss')?.scenario).toMatchObject({ link: 'user', repeat: 5, path: { loss: 0.01 } })
    expect(of('ecn')).toMatchObject({ only: ['dctcp'], scenario: { link: 'user', path: { ecnThreshold: 20_000 } } })
    expect(of('shallow')?.scenario.path.buffer).toBe(12_500)
  })

  test('its length counts the paths that an algorithm runs on', () => {
    // Five paths for DCTCP, one of them with five rounds, four for Reno; two flows, of 8 s each, a round
    expect(lengthOf(planOf(algorithms, options))).toBe(2 * 8 * (3 * 3 + 5) + 2 * 8 * (3 * 4 + 5))
  })
})

describe('the judgement', () => {
  const off = (key: string, share: number) => [
    { ...figures, [key]: figures[key as keyof typeof figures] * (1 + share) },
  ]

  test.each([
    ['goodput', 0.029, 0.031],
    ['cwndMean', 0.049, 0.051],
    ['rttMean', 0.049, 0.051],
  ])('%s may be off by %f and not by %f, to either side', (key, within, beyond) => {
    for (const sign of [1, -1]) {
      expect(judge(reno, { native: [figures], tscc: off(key, sign * within) }).failed).toEqual([])
      expect(judge(reno, { native: [figures], tscc: off(key, sign * beyond) }).failed).toHaveLength(1)
    }
  })

  test('medians over the runs count, not each run', () => {
    const tscc = [...off('goodput', 0.02), ...off('goodput', -0.4), ...off('goodput', 0.01)]
    const { ok, rows } = judge(reno, { native: [figures, figures], tscc })
    expect(ok).toBe(true)
    expect(rows[0]?.difference).toBeCloseTo(0.01)
    expect(rows[0]?.spread.tscc).toBeCloseTo(0.42 / 1.01)
    expect(rows[0]?.spread.native).toBe(0)
  })

  test('a difference within what the native runs differ by themselves says so', () => {
    const tscc = off('goodput', -0.06)
    expect(judge(reno, { native: [...off('goodput', 0.04), ...off('goodput', -0.04)], tscc }).failed).toEqual([
      "goodput -6.0 % (native's own runs: +8.0 %)",
    ])
    expect(judge(reno, { native: [figures, ...off('goodput', 0.01)], tscc }).failed).toEqual(['goodput -6.5 %'])
  })

  test('retransmits are of the same order', () => {
    expect(isSameOrder(0, 5)).toBe(true)
    expect(isSameOrder(0, 6)).toBe(false)
    expect(isSameOrder(40, 119)).toBe(true)
    expect(isSameOrder(40, 120)).toBe(false)
    expect(judge(reno, { native: [figures], tscc: off('retransmits', 3) }).failed).toEqual(['retransmits +300.0 %'])
  })

  test("DCTCP's queue and alpha are judged where marks are, and must have been measured there", () => {
    const marked = { ...figures, ...ecn }
    const other = { ...marked, queue: 5.6, alpha: 0.23 }
    const of = (twin: string, path: string, tscc: object) => judge({ twin, path }, { native: [marked], tscc: [tscc] })
    expect(of('dctcp', 'ecn', other).failed).toEqual(['queue +12.0 %', 'alpha +15.0 %'])
    expect(of('dctcp', 'ecn', marked).ok).toBe(true)
    expect(of('dctcp', 'clean', other).ok).toBe(true)
    expect(of('reno', 'ecn', other).ok).toBe(true)
    expect(of('dctcp', 'ecn', figures).failed).toEqual(['queue was not measured', 'alpha was not measured'])
  })

  test('differences in words', () => {
    expect([0.0312, -0.0312, -0.0001, 0, Number.POSITIVE_INFINITY].map(words)).toEqual([
      '+3.1 %',
      '-3.1 %',
      '0.0 %',
      '0.0 %',
      '+∞',
    ])
  })
})

const samples = Array.from({ length: 601 }, (_, i) => i)
/** A flow of 10 Mbit/s whose fourth part of segments is marked, of which one in a thousand samples jumps. */
const flow = {
  ...{ label: 'native', cc: 'reno', flow: 0 },
  time: samples.map((i) => 10 * i),
  cwnd: samples.map((i) => (i === 400 ? 90 : 20)),
  ssthresh: samples.map(() => 15),
  rtt: samples.map((i) => (i === 400 ? 90_000 : 25_000)),
  deliveryRate: samples.map(() => 1.25e6),
  retransmits: samples.map((i) => Math.floor(i / 100)),
  bytesAcked: samples.map((i) => 12_500 * i),
  deliveredCe: samples.map((i) => (12_500 * i) / 1448 / 4),
}
const [path] = planOf([parseAlgorithm('reno=reno')], {
  onHost: false,
  pathNames: ['ecn'],
  duration: 6000,
  rounds: 1,
}).paths
const run = { index: 0, round: 0, labels: ['native'], flows: [flow] }

describe('the figures of a run', () => {
  test('after the warm-up: means, the median, the largest window, what the queue adds; retransmits of all', () => {
    const found = twinFigures({ ...path?.scenario, warmup: 2000 }, run, 'native')
    expect(found.goodput / 1e6).toBeCloseTo(10)
    expect(found).toMatchObject({ cwndMax: 90, rttMedian: 25, retransmits: 6 })
    expect(found.queue).toBeCloseTo(5 + 65 / 401)
    expect(found.marked).toBeCloseTo(0.25)
  })

  test('alpha begins at 1 and comes to the marked share, once for each round trip', () => {
    const points = alphaOf(flow, { mtu: 1500 })
    expect(points[0]).toEqual({ time: 0, alpha: 1 })
    expect(points[1]?.alpha).toBeCloseTo(1 - 0.75 / 16)
    expect(points[1]?.time).toBe(30)
    expect(points.at(-1)?.alpha).toBeCloseTo(0.25, 3)
  })

  test('a flow that sent nothing is an error, and no zero', () => {
    expect(() => twinFigures(path?.scenario, run, 'tscc')).toThrow('tscc: sent nothing after the warm-up')
  })
})

describe('what comes of it', () => {
  const plan = planOf([parseAlgorithm('reno=reno'), parseAlgorithm('bbr=bbr')], {
    ...{ onHost: false, pathNames: ['clean', 'loss'], duration: 6000, rounds: 1 },
  })
  const traces = ['native', 'tscc'].map((label) => ({ ...flow, label }))
  const pass = (name: string, share: number) => ({
    ...{ name, status: 'pass' },
    figures: {
      ...{ link: 'netem', kernel: '6.12.1', startedAt: '2026-01-02T03:04:05.000Z', traces },
      native: [figures],
      tscc: [{ ...figures, goodput: figures.goodput * share }],
    },
  })
  const skip = (name: string) => ({ name, status: 'skip', why: 'from 6.1 on: <writing>' })
  const checks = [pass('reno, clean', 1), pass('reno, loss', 0.9), skip('bbr, clean')]
  const comparisons = collectTwins(checks, { kernel: '6.12.1', plan })

  test('a comparison for everything that was planned, a check that is missing among the failures', () => {
    expect(comparisons.map(({ name, path, status }: Compared) => [name, path, status])).toEqual([
      ['reno', 'clean', 'pass'],
      ['reno', 'loss', 'pass'],
      ['bbr', 'clean', 'skip'],
      ['bbr', 'loss', 'fail'],
    ])
    expect(comparisons.map(({ verdict }: Compared) => verdict?.ok)).toEqual([true, false, undefined, undefined])
  })

  test('a row that was apart is judged by all its runs, the second guest’s too', () => {
    const again = (...shares: readonly number[]) => {
      const { figures: first, ...rest } = pass('reno, loss', 1)
      const tscc = shares.map((share) => ({ ...figures, goodput: figures.goodput * share }))
      const check = { ...rest, figures: { ...first, native: shares.map(() => figures), tscc } }
      return withMoreRuns(comparisons[1], collectTwins([check], { kernel: '6.12.1', plan })[1])
    }
    expect(again(1, 1, 1)).toMatchObject({ runs: 4, verdict: { ok: true } })
    expect(again(0.9, 1, 0.9)).toMatchObject({ runs: 4, verdict: { ok: false, failed: ['goodput -10.0 %'] } })
    const lost = withMoreRuns(comparisons[1], { ...comparisons[1], status: 'fail', verdict: undefined })
    expect(lost).toMatchObject({ status: 'fail' })
  })

  test('as text', () => {
    const text = twinsText(comparisons)
    expect(text).toMatch(/^6\.12\.1 +reno +clean +1 +9\.000 \/ 9\.000 \(0\.0 %\).* 40 \/ 40 +equal$/m)
    expect(text).toMatch(/ apart: goodput -10\.0 %$/m)
    expect(text).toContain('6.12.1: bbr, clean: skip: from 6.1 on: <writing>')
    expect(text).toContain('6.12.1: bbr, loss: fail: the suite did not say')
  })

  test('as one page that loads nothing, with both lines in each plot', () => {
    const html = twinsHtml(comparisons, { startedAt: '2026-01-02T03:04:05.000Z' })
    expect(html.match(/<figure /g)).toHaveLength(4)
    for (const series of ['s0', 's1']) expect(html.match(new RegExp(`class="line ${series}"`, 'g'))).toHaveLength(4)
    expect(html).toContain('1 of 2 comparisons equal')
    expect(html).toContain('from 6.1 on: &lt;writing&gt;')
    expect(html).not.toMatch(/(?:src|href)="(?!#)/)
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
  })

  test('as JSON, without the traces', () => {
    const json = JSON.stringify(comparisons.map(withoutTraces))
    expect(json).not.toContain('"time"')
    expect(JSON.parse(json)[1]).toMatchObject({ name: 'reno', path: 'loss', verdict: { ok: false } })
  })
})
