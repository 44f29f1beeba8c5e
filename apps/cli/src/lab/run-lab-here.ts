import { resolve } from 'node:path'
import {
  type AlgorithmRequest,
  canRunLab,
  formatPlot,
  formatTable,
  type LabResult,
  labErrors,
  prepareAlgorithms,
  renderHtml,
  runLab,
  type Scenario,
  toCsv,
} from '@tscc/lab'
import type { Kernel } from '@tscc/syscall'
import { atSourceHere } from '../algorithm/rejection.ts'
import { writeResult } from '../files.ts'
import type { Output } from '../output/output.ts'
import { stopSignal } from '../stop-signal.ts'
import { labProgress } from './lab-progress.ts'
import type { LoadedQdisc } from './load-qdisc.ts'

/** What to do with a result. */
export interface PrintLabOptions {
  readonly plot: 'cwnd' | 'rtt' | 'both' | 'none'
  readonly html?: string
  readonly csv?: string
  readonly json?: true
}

/** Register, measure, unregister, with progress on stderr; ^C ends it and leaves nothing behind. */
export async function runLabHere(
  kernel: Kernel,
  scenario: Scenario,
  requests: readonly AlgorithmRequest[],
  output: Output,
  qdisc?: LoadedQdisc,
): Promise<LabResult> {
  const { missing } = await canRunLab()
  const [first] = missing
  if (first !== undefined)
    throw labErrors.make('missing-privilege', { what: missing.map(({ what }) => what).join(', '), mend: first.mend })
  const signal = stopSignal()
  const progress = labProgress(output)
  try {
    using prepared = await prepareAlgorithms(kernel, requests)
    const program = qdisc === undefined ? {} : { qdisc: qdisc.program }
    return await runLab(scenario, prepared.algorithms, { signal, onProgress: progress.show, ...program })
  } catch (error) {
    // Algorithms were loaded before: what the verifier still says is of the qdisc.
    throw qdisc === undefined ? error : atSourceHere(kernel, qdisc.source, {}, error)
  } finally {
    progress.end()
    signal.release()
  }
}

/** Files first, so that a broken pipe costs no report; then JSON, or table and plots. */
export function printLab(output: Output, result: LabResult, options: PrintLabOptions): void {
  if (options.html !== undefined) writeResult(options.html, renderHtml(result))
  if (options.csv !== undefined) writeResult(options.csv, toCsv(result))
  if (options.json) {
    output.json(result)
    return
  }
  const color = output.colors.isColorSupported
  output.print(formatTable(result, { color }))
  const metrics = options.plot === 'both' ? (['cwnd', 'rtt'] as const) : options.plot === 'none' ? [] : [options.plot]
  for (const metric of metrics) output.print(`\n${formatPlot(result, { color, metric, width: output.width })}`)
  for (const file of [options.html, options.csv]) if (file !== undefined) output.note(`wrote ${resolve(file)}`)
}
