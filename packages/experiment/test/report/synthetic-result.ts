import type { FlowTrace, LabAlgorithm, LabResult, LabRun, Scenario } from '../../src/model.ts'
import { summarise } from '../../src/summary.ts'

/** Reproducible numbers in 0..1 (a 32-bit linear congruential generator). */
const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const mss = 1448

/** A fluid model of flows through one drop-tail queue, good enough to look like TCP: slow start, sawtooth, queueing delay. */
const simulateRun = (
  scenario: Scenario,
  algorithms: readonly LabAlgorithm[],
  options: { readonly index: number; readonly round: number },
): LabRun => {
  const random = randomFrom(scenario.seed * 97 + options.index)
  const { path, interval, duration } = scenario
  const baseRtt = 2 * path.delay
  const flows = algorithms.flatMap(({ label, cc }) =>
    Array.from({ length: scenario.flows }, () => ({
      label,
      cc,
      cwnd: 10,
      ssthresh: 2147483647,
      wMax: 0,
      lostAt: 0,
      acked: 0,
      retransmits: 0,
      bbr: cc.includes('bbr'),
      cubic: cc.includes('cubic'),
      time: [] as number[],
      columns: { cwnd: [], ssthresh: [], rtt: [], deliveryRate: [], retransmits: [], bytesAcked: [] } as Record<
        'cwnd' | 'ssthresh' | 'rtt' | 'deliveryRate' | 'retransmits' | 'bytesAcked',
        number[]
      >,
    })),
  )
  const bdp = ((path.rate / 8) * baseRtt) / 1000
  let droppedFull = 0
  let maxQueue = 0
  for (let time = 0; time < duration; time += interval) {
    const inFlight = flows.reduce((sum, flow) => sum + flow.cwnd * mss, 0)
    const queue = Math.min(path.buffer, Math.max(0, inFlight - bdp))
    maxQueue = Math.max(maxQueue, queue)
    const rtt = baseRtt + (queue * 8 * 1000) / path.rate
    const full = inFlight > bdp + path.buffer
    const scale = Math.min(1, ((path.rate / 8) * 0.96 * (rtt / 1000)) / inFlight)
    for (const flow of flows) {
      const rate = (flow.cwnd * mss * scale * 1000) / rtt
      flow.acked += (rate * interval) / 1000
      const rounds = interval / rtt
      const since = (time - flow.lostAt) / 1000
      if (flow.bbr && flow.cwnd * mss * flows.length > bdp) {
        flow.cwnd = ((bdp / flows.length) * (Math.floor(time / rtt) % 8 === 0 ? 1.25 : 1.05)) / mss
      } else if (full && !flow.bbr && since * 1000 > rtt && random() < 0.7) {
        flow.retransmits += 1 + Math.floor(random() * (flow.ssthresh > 1e6 ? 60 : 3))
        droppedFull += 1
        flow.wMax = flow.cwnd
        flow.cwnd = Math.max(2, flow.cwnd * (flow.cubic ? 0.7 : 0.5))
        flow.ssthresh = Math.floor(flow.cwnd)
        flow.lostAt = time
      } else if (flow.cwnd < flow.ssthresh) flow.cwnd *= 2 ** rounds
      else if (flow.cubic)
        flow.cwnd = Math.max(flow.cwnd, 0.4 * (since - Math.cbrt((flow.wMax * 0.3) / 0.4)) ** 3 + flow.wMax)
      else flow.cwnd += rounds
      flow.time.push(Math.round((time + random() * 0.4) * 1000) / 1000)
      flow.columns.cwnd.push(Math.floor(flow.cwnd))
      flow.columns.ssthresh.push(flow.ssthresh)
      flow.columns.rtt.push(Math.round((rtt + random() * 0.6) * 1000))
      flow.columns.deliveryRate.push(Math.round(rate * (0.94 + random() * 0.1)))
      flow.columns.retransmits.push(flow.retransmits)
      flow.columns.bytesAcked.push(Math.floor(flow.acked))
    }
  }
  return {
    index: options.index,
    round: options.round,
    labels: algorithms.map((algorithm) => algorithm.label),
    flows: flows.map(({ label, cc, time, columns }, index): FlowTrace => {
      return { label, cc, flow: index, time, ...columns, deliveredCe: time.map(() => 0) }
    }),
    link: { forwarded: 12345, droppedFull, droppedRandom: 0, markedCe: 0, maxQueue: Math.round(maxQueue) },
  }
}

const defaultAlgorithms: readonly LabAlgorithm[] = [
  { label: 'reno (tscc)', cc: 'tscc_reno_1f', origin: 'tscc' },
  { label: 'reno', cc: 'reno', origin: 'native' },
  { label: 'cubic', cc: 'cubic', origin: 'native' },
  { label: 'bbr', cc: 'bbr', origin: 'native' },
]

/** A result as the lab would give it, from made-up but reproducible traffic. */
export const syntheticResult = (
  changes: Partial<Scenario> = {},
  algorithms: readonly LabAlgorithm[] = defaultAlgorithms,
): LabResult => {
  const scenario: Scenario = {
    path: { rate: 20e6, delay: 20, buffer: 100_000, loss: 0, mtu: 1500 },
    link: 'auto',
    mode: 'compare',
    flows: 1,
    duration: 15_000,
    repeat: 1,
    interval: 10,
    warmup: 3000,
    seed: 1,
    ...changes,
  }
  const groups = scenario.mode === 'share' ? [algorithms] : algorithms.map((algorithm) => [algorithm])
  const runs = Array.from({ length: scenario.repeat }, (_, round) =>
    groups.map((group, index) => simulateRun(scenario, group, { index: round * groups.length + index, round })),
  ).flat()
  return {
    scenario,
    link: 'user',
    kernel: '6.18.0',
    machine: 'x86_64, 2 CPUs',
    startedAt: '2026-01-02T03:04:05.000Z',
    algorithms,
    runs,
    summary: summarise(scenario, algorithms, runs),
  }
}
