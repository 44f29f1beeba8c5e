import type { FlowTrace, LabAlgorithm, LabResult } from '../model.ts'
import { counterAt, lastIndexAt } from '../summary-stats.ts'
import type { Point } from './downsample.ts'
import { rateUnit, segmentUnit, timeUnit, type Unit } from './units.ts'

/** What can be plotted over time. */
export type ReportMetric = 'cwnd' | 'rtt' | 'goodput' | 'deliveryRate'

/** One algorithm's line in a plot; `index` is its place among the algorithms and so its colour. */
export interface Series {
  readonly index: number
  readonly label: string
  readonly origin: LabAlgorithm['origin']
  readonly points: readonly Point[]
}

type Column = (flow: FlowTrace, result: LabResult) => readonly number[]

interface MetricSpec {
  readonly title: string
  /** Several flows of one algorithm become one line: each flow's mean, or all together. */
  readonly combine: 'mean' | 'sum'
  readonly column: Column
  readonly unit: (largest: number) => Unit
  /** A level to compare with, in the column's unit. */
  readonly reference?: (result: LabResult) => { readonly value: number; readonly name: string }
}

/** ms over which a rate is taken: an empty path's RTT is too short to average a window's bursts. */
const rateWindow = ({ scenario }: LabResult): number =>
  Math.max(200, 5 * scenario.interval, 4 * scenario.path.delay, scenario.duration / 100)

/** bit/s over the window that ends with each sample, from the acknowledged bytes (none before the run's start). */
const goodputColumn: Column = (flow, result) => {
  const window = rateWindow(result)
  return flow.time.map((time, index) => {
    const before = time > window ? counterAt(flow.time, flow.bytesAcked, time - window) : 0
    return (((flow.bytesAcked[index] ?? 0) - before) * 8 * 1000) / window
  })
}

const bottleneck = ({ scenario }: LabResult) => ({ value: scenario.path.rate, name: 'bottleneck rate' })

/** Every plot of the report, in its order. */
export const metricTable: Readonly<Record<ReportMetric, MetricSpec>> = {
  cwnd: { title: 'cwnd', combine: 'mean', column: (flow) => flow.cwnd, unit: segmentUnit },
  rtt: {
    title: 'RTT',
    combine: 'mean',
    column: (flow) => flow.rtt.map((rtt) => (rtt > 0 ? rtt / 1000 : Number.NaN)),
    unit: timeUnit,
    reference: ({ scenario }) => ({ value: 2 * scenario.path.delay, name: 'empty path' }),
  },
  goodput: { title: 'goodput', combine: 'sum', column: goodputColumn, unit: rateUnit, reference: bottleneck },
  deliveryRate: {
    title: 'delivery rate',
    combine: 'sum',
    column: (flow) => flow.deliveryRate.map((rate) => rate * 8),
    unit: rateUnit,
    reference: bottleneck,
  },
}

/** The kernel's TCP_INFINITE_SSTHRESH, and what is far above any window, is no level to draw. */
const ssthreshColumn: Column = (flow) => flow.ssthresh.map((value) => (value < 0x7fffffff ? value : Number.NaN))

/** One line from an algorithm's flows: the samples themselves, or several flows held at the times of the longest trace. */
const combineFlows = (flows: readonly FlowTrace[], combine: 'mean' | 'sum', columnOf: Column, result: LabResult) => {
  const columns = flows.map((flow) => ({ time: flow.time, values: columnOf(flow, result) }))
  const longest = columns.reduce((a, b) => (b.time.length > a.time.length ? b : a), { time: [], values: [] })
  return longest.time.map((time, index): Point => {
    if (columns.length === 1) return [time / 1000, longest.values[index] ?? Number.NaN]
    const known = columns
      .map((column) => column.values[lastIndexAt(column.time, time)] ?? Number.NaN)
      .filter((value) => Number.isFinite(value))
    const sum = known.reduce((total, value) => total + value, 0)
    return [time / 1000, known.length === 0 ? Number.NaN : combine === 'sum' ? sum : sum / known.length]
  })
}

const linesOf = (result: LabResult, round: number, combine: 'mean' | 'sum', column: Column): readonly Series[] =>
  result.algorithms.map(({ label, origin }, index) => {
    const run = result.runs.find((r) => r.round === round && r.flows.some((flow) => flow.label === label))
    const flows = run?.flows.filter((flow) => flow.label === label) ?? []
    return { index, label, origin, points: combineFlows(flows, combine, column, result) }
  })

/** One line for each algorithm in one round of the interleaving; lines without samples have no points. */
export const seriesOf = (result: LabResult, metric: ReportMetric, round = 0): readonly Series[] =>
  linesOf(result, round, metricTable[metric].combine, metricTable[metric].column)

/** The slow-start threshold beside `seriesOf(result, 'cwnd', round)`, with gaps while it is not set. */
export const ssthreshSeries = (result: LabResult, round = 0): readonly Series[] =>
  linesOf(result, round, 'mean', ssthreshColumn)

/** The largest known value of some lines; 0 when there is none. */
export const largestOf = (series: readonly Series[]): number => {
  let largest = 0
  for (const { points } of series) for (const [, value] of points) if (value > largest) largest = value
  return largest
}

/** End of the time axis, s: the run's duration, or the last sample where that is later. */
export const timeEnd = (result: LabResult): number => {
  const last = result.runs.flatMap((run) => run.flows.map((flow) => flow.time.at(-1) ?? 0))
  return last.reduce((latest, time) => Math.max(latest, time), Math.max(1, result.scenario.duration)) / 1000
}
