export {
  checkScenario,
  defaultScenario,
  escapeMarkup,
  experimentErrors,
  type FlowTrace,
  formatPlot,
  formatTable,
  type HtmlPage,
  htmlPage,
  type LabAlgorithm,
  type LabProgress,
  type LabResult,
  type LabRun,
  type LinkCounters,
  type LinkKind,
  type PathSpec,
  type PathWords,
  type PlotOptions,
  parsePath,
  parseTime,
  pathGrammar,
  plotFigure,
  type ReportMetric,
  type RunFigures,
  renderHtml,
  runFigures,
  type Scenario,
  type SummaryRow,
  toCsv,
} from '@tscc/experiment'
export { canRunLab, type LabReadiness, type MissingForLab } from './can-run-lab.ts'
export { type ExperimentOptions, type ExperimentResult, planRuns, runExperiment } from './experiment.ts'
export { labErrors } from './lab-errors.ts'
export {
  type AlgorithmRequest,
  hasCongestionControl,
  type PreparedAlgorithms,
  prepareAlgorithms,
} from './prepare-algorithms.ts'
export type { QdiscProgram } from './qdisc/prepare-qdisc.ts'
export { runLab } from './run-lab.ts'
export { type Leftover, noteLeftover, type SweepOptions, type SweepResult, sweepLeftovers } from './sweep.ts'
