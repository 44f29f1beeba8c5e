import type { FlowTrace, LabAlgorithm, LabRun, Scenario, SummaryRow } from './model.ts'
import { counterAt, jainIndex, lastIndexAt, mean, median, quantile, timeMean } from './summary-stats.ts'

/** One algorithm's figures in one run, of which `SummaryRow` has the medians. */
export type RunFigures = Pick<SummaryRow, 'goodput' | 'rttMean' | 'rttP95' | 'cwndMean' | 'retransmits' | 'fairness'>

interface Window {
  readonly start: number
  readonly end: number
}

/** The measured part of a run: from the end of the warm-up to the last sample of any flow, at most the run's duration. */
const measuredWindow = (scenario: Scenario, run: LabRun): Window => {
  const last = run.flows.reduce((latest, flow) => Math.max(latest, flow.time.at(-1) ?? 0), 0)
  return { start: scenario.warmup, end: Math.min(scenario.duration, last) }
}

/** bit/s that the flow's receiver acknowledged; a flow that ended early, or never started, counts over the whole window. */
const flowGoodput = (flow: FlowTrace, { start, end }: Window): number => {
  const bytes = counterAt(flow.time, flow.bytesAcked, end) - counterAt(flow.time, flow.bytesAcked, start)
  return (bytes * 8 * 1000) / (end - start)
}

const flowRetransmits = (flow: FlowTrace, { start, end }: Window): number =>
  (flow.retransmits[lastIndexAt(flow.time, end)] ?? 0) - (flow.retransmits[lastIndexAt(flow.time, start)] ?? 0)

/** Samples in the window, ms; the kernel says 0 before it has measured an RTT. */
const rttSamples = (flow: FlowTrace, { start, end }: Window): readonly number[] =>
  flow.rtt
    .filter((rtt, index) => {
      const time = flow.time[index] ?? -1
      return rtt > 0 && time >= start && time <= end
    })
    .map((rtt) => rtt / 1000)

/** What one algorithm did in one run; undefined when it left no sample in the measured part. */
export const runFigures = (scenario: Scenario, run: LabRun, label: string): RunFigures | undefined => {
  const window = measuredWindow(scenario, run)
  const flows = run.flows.filter((flow) => flow.label === label)
  const sampled = flows.filter((flow) => lastIndexAt(flow.time, window.end) > lastIndexAt(flow.time, window.start))
  if (window.end <= window.start || sampled.length === 0) return undefined
  const rtt = flows.flatMap((flow) => rttSamples(flow, window))
  const fairness = jainIndex(run.flows.map((flow) => flowGoodput(flow, window)))
  return {
    goodput: flows.reduce((sum, flow) => sum + flowGoodput(flow, window), 0),
    rttMean: rtt.length > 0 ? mean(rtt) : 0,
    rttP95: rtt.length > 0 ? quantile(rtt, 0.95) : 0,
    cwndMean: mean(sampled.map((flow) => timeMean(flow.time, flow.cwnd, window))),
    retransmits: flows.reduce((sum, flow) => sum + flowRetransmits(flow, window), 0),
    fairness: run.flows.length > 1 && Number.isFinite(fairness) ? fairness : null,
  }
}

/**
 * The table of a lab result: for each algorithm the medians over its runs of the figures after the warm-up.
 * `runs` counts those with samples there; all figures are 0 when there is none.
 */
export const summarise = (
  scenario: Scenario,
  algorithms: readonly LabAlgorithm[],
  runs: readonly LabRun[],
): SummaryRow[] =>
  algorithms.map(({ label, cc }) => {
    const figures = runs.flatMap((run) => runFigures(scenario, run, label) ?? [])
    const middle = (pick: (figure: RunFigures) => number): number =>
      figures.length > 0 ? median(figures.map(pick)) : 0
    const fairness = figures.flatMap((figure) => figure.fairness ?? [])
    const goodput = middle((figure) => figure.goodput)
    const waits = runs.flatMap(({ labels, link }) => (labels.includes(label) ? (link?.meanWait ?? []) : []))
    const completions = runs.flatMap(({ flows }) =>
      flows.filter((flow) => flow.label === label).flatMap(({ completion }) => completion ?? []),
    )
    return {
      label,
      cc,
      runs: figures.length,
      goodput,
      utilisation: scenario.path.rate > 0 ? goodput / scenario.path.rate : 0,
      rttMean: middle((figure) => figure.rttMean),
      rttP95: middle((figure) => figure.rttP95),
      cwndMean: middle((figure) => figure.cwndMean),
      retransmits: middle((figure) => figure.retransmits),
      fairness: fairness.length > 0 ? median(fairness) : null,
      ...(waits.length > 0 ? { queueMean: median(waits) } : {}),
      ...(completions.length > 0 ? { completionMean: mean(completions) } : {}),
    }
  })
