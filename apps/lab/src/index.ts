export { canRunLab, type LabReadiness, type MissingForLab } from './can-run-lab.ts'
export { type ExperimentOptions, type ExperimentResult, planRuns, runExperiment } from './experiment.ts'
export { labErrors } from './lab-errors.ts'
export type {
  FlowTrace,
  LabAlgorithm,
  LabProgress,
  LabResult,
  LabRun,
  LinkCounters,
  LinkKind,
  PathSpec,
  Scenario,
  SummaryRow,
} from './model.ts'
export { type PathWords, parsePath, parseTime, pathGrammar } from './parse-path.ts'
export {
  type AlgorithmRequest,
  hasCongestionControl,
  type PreparedAlgorithms,
  prepareAlgorithms,
} from './prepare-algorithms.ts'
export { toCsv } from './report/csv.ts'
export { escapeMarkup } from './report/escape.ts'
export { renderHtml } from './report/html.ts'
export { type HtmlPage, htmlPage } from './report/page.ts'
export { formatPlot, type PlotOptions } from './report/plot.ts'
export { plotFigure } from './report/plot-figure.ts'
export type { ReportMetric } from './report/series.ts'
export { formatTable } from './report/table.ts'
export { runLab } from './run-lab.ts'
export { checkScenario, defaultScenario } from './scenario.ts'
export { type RunFigures, runFigures } from './summary.ts'
export { type Leftover, noteLeftover, type SweepOptions, type SweepResult, sweepLeftovers } from './sweep.ts'
