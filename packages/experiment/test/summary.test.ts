import { describe, expect, it } from 'vitest'
import type { FlowTrace, LabAlgorithm, LabRun, Scenario } from '../src/model.ts'
import { summarise } from '../src/summary.ts'

const scenario: Scenario = {
  path: { rate: 8000, delay: 10, buffer: 3000, loss: 0, mtu: 1500 },
  link: 'auto',
  mode: 'compare',
  flows: 1,
  duration: 4000,
  repeat: 1,
  interval: 1000,
  warmup: 1000,
  seed: 1,
}

const trace = (changes: Partial<FlowTrace> = {}): FlowTrace => ({
  label: 'a',
  cc: 'cc_a',
  flow: 0,
  time: [0, 1000, 2000, 3000, 4000],
  cwnd: [10, 20, 40, 20, 99],
  ssthresh: [0, 0, 0, 0, 0],
  rtt: [0, 20_000, 30_000, 40_000, 50_000],
  deliveryRate: [0, 0, 0, 0, 0],
  retransmits: [0, 2, 2, 5, 9],
  bytesAcked: [0, 900, 1400, 1900, 2700],
  deliveredCe: [0, 0, 0, 0, 0],
  ...changes,
})

const empty: Partial<FlowTrace> = {
  time: [],
  cwnd: [],
  ssthresh: [],
  rtt: [],
  deliveryRate: [],
  retransmits: [],
  bytesAcked: [],
  deliveredCe: [],
}

const run = (flows: readonly FlowTrace[], index = 0): LabRun => ({
  index,
  round: index,
  labels: [...new Set(flows.map((flow) => flow.label))],
  flows,
})

const a: LabAlgorithm = { label: 'a', cc: 'cc_a', origin: 'native' }
const b: LabAlgorithm = { label: 'b', cc: 'cc_b', origin: 'tscc' }

describe('summarise', () => {
  it('takes the figures between warm-up and end', () => {
    expect(summarise(scenario, [a], [run([trace()])])).toEqual([
      {
        label: 'a',
        cc: 'cc_a',
        runs: 1,
        goodput: (1800 * 8) / 3,
        utilisation: (1800 * 8) / 3 / 8000,
        rttMean: 35,
        // rank 3·0.95 = 2.85 of 20, 30, 40, 50
        rttP95: expect.closeTo(48.5, 9),
        cwndMean: 80 / 3,
        retransmits: 7,
        fairness: null,
      },
    ])
  })

  it('leaves out what came after the duration', () => {
    const late = trace({ time: [0, 1000, 2000, 3000, 5000], bytesAcked: [0, 900, 1400, 1900, 2700] })
    const [row] = summarise(scenario, [a], [run([late])])
    // 1900 + half of 800 at 4000 ms
    expect(row?.goodput).toBeCloseTo(((2300 - 900) * 8) / 3, 9)
    expect(row?.retransmits).toBe(3)
    expect(row?.rttMean).toBe(30)
  })

  it('takes medians over the runs', () => {
    const runs = [1900, 2700, 9000].map((end, index) =>
      run([trace({ bytesAcked: [0, 900, 1400, 1900, end], retransmits: [0, 0, 0, 0, index * index] })], index),
    )
    const [row] = summarise(scenario, [a], runs)
    expect(row).toMatchObject({ runs: 3, goodput: (1800 * 8) / 3, retransmits: 1 })
  })

  it('adds up the flows of an algorithm and compares all that shared the link', () => {
    const third = trace({ label: 'b', cc: 'cc_b', flow: 2, bytesAcked: [0, 0, 0, 0, 3600] })
    const rows = summarise(scenario, [a, b], [run([trace(), trace({ flow: 1 }), third])])
    const index = 7200 ** 2 / (3 * (1800 ** 2 + 1800 ** 2 + 3600 ** 2))
    expect(rows[0]).toMatchObject({ goodput: (3600 * 8) / 3, retransmits: 14, fairness: expect.closeTo(index, 12) })
    expect(rows[1]).toMatchObject({ goodput: (3600 * 8) / 3, fairness: expect.closeTo(index, 12) })
  })

  it('counts a flow that ended early over the whole window', () => {
    const early = trace({ label: 'b', time: [0, 1000, 2000], bytesAcked: [0, 900, 2700] })
    const [row] = summarise(scenario, [b], [run([early, trace()])])
    expect(row?.goodput).toBe((1800 * 8) / 3)
  })

  it('counts a flow that never got a byte through as starved, not as absent', () => {
    const [row] = summarise(scenario, [a, b], [run([trace(), trace({ label: 'b', flow: 1, ...empty })])])
    expect(row?.fairness).toBe(0.5)
  })

  it('gives zeros and no runs for traces without samples after the warm-up', () => {
    const nothing = { runs: 0, goodput: 0, utilisation: 0, rttMean: 0, rttP95: 0, cwndMean: 0, retransmits: 0 }
    const one = trace({ time: [5], cwnd: [10], rtt: [20_000], retransmits: [0], bytesAcked: [10] })
    for (const flows of [[], [trace(empty)], [one]])
      expect(summarise(scenario, [a], [run(flows)])).toEqual([{ ...a, origin: undefined, ...nothing, fairness: null }])
    expect(summarise(scenario, [a], [])[0]).toMatchObject(nothing)
    expect(summarise(scenario, [], [run([trace()])])).toEqual([])
  })

  it('makes figures of a single sample after the warm-up', () => {
    const one = trace({ time: [3000], cwnd: [10], rtt: [20_000], retransmits: [3], bytesAcked: [3000] })
    expect(summarise(scenario, [a], [run([one])])[0]).toMatchObject({
      runs: 1,
      goodput: 8000,
      rttMean: 20,
      rttP95: 20,
      retransmits: 3,
    })
  })
})
