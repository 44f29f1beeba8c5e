import { parseTime, plotFigure, type ReportMetric, summaryTable } from '@tscc/experiment'
import { bytecodeEntries, collectRuns, planSimulation, type SimEntry, type SimResult, simulateRun } from '@tscc/sim'
import { compileText } from './check.ts'
import { exampleOf } from './examples.ts'
import type { SimFields, Simulated } from './messages.ts'
import { playgroundErrors } from './playground-errors.ts'

/** Points of a line: as many as a wide screen shows. */
const POINTS = 600
const metrics: readonly ReportMetric[] = ['cwnd', 'rtt', 'goodput']
/** Longest that is simulated, ms, and most flows: what a page can wait for. */
const [LONGEST, MOST_FLOWS] = [120_000, 64]

/** Simulate the editor's text, and an example beside it. Throws typed errors of playground, sim, object and experiment. */
export function simulateText(text: string, fields: SimFields, onProgress: (share: number) => void): Simulated {
  const besides = fields.beside === '' ? [] : [exampleOf(fields.beside)]
  const own = entriesOf(text, fields.kernel).map((entry) => ({
    ...entry,
    label: besides.some(({ name }) => name === entry.label) ? `${entry.label} (yours)` : entry.label,
  }))
  const others = besides.flatMap((one) =>
    entriesOf(one.text, fields.kernel).map((entry) => ({ ...entry, label: one.name })),
  )
  const duration = parseTime(fields.duration, 'duration')
  if (!(duration >= 100 && duration <= LONGEST))
    throw playgroundErrors.make('field', { field: 'duration', found: fields.duration, limit: '100ms to 120s' })
  const result = run([...own, ...others], duration, fields, onProgress)
  return {
    table: summaryTable(result),
    plots: metrics.map((metric) => plotFigure(result, metric, { points: POINTS, id: metric })).join('\n'),
    caption: `programs linked to the types of Linux ${result.kernel}`,
  }
}

function run(
  algorithms: readonly SimEntry[],
  duration: number,
  { rate, rtt, buffer, loss, flows, seed }: SimFields,
  onProgress: (share: number) => void,
): SimResult {
  const plan = planSimulation({
    algorithms,
    path: [rate, rtt, buffer, loss].join(' '),
    duration,
    flows: wholeNumber('flows', flows, 1, MOST_FLOWS),
    seed: wholeNumber('seed', seed, 0, 0xffff_ffff),
  })
  const total = plan.runs.length * duration
  const runs = plan.runs.map((_, index) => {
    const { cost: _cost, ...made } = simulateRun(plan, index, {
      onProgress: (elapsed) => onProgress((index * duration + elapsed) / total),
    })
    return made
  })
  return collectRuns(plan, runs)
}

function entriesOf(text: string, kernel: string): readonly SimEntry[] {
  const { object, diagnostics } = compileText(text)
  if (object === undefined) throw playgroundErrors.make('problems', { count: diagnostics.length })
  return bytecodeEntries(object, { kernel })
}

function wholeNumber(field: string, text: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most))
    throw playgroundErrors.make('field', {
      field,
      found: text.slice(0, 40),
      limit: `a whole number, ${least} to ${most}`,
    })
  return value
}
