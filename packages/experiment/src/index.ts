export { experimentErrors } from './experiment-errors.ts'
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
export { seededRandom } from './random.ts'
export { toCsv } from './report/csv.ts'
export { escapeMarkup } from './report/escape.ts'
export { renderHtml } from './report/html.ts'
export { htmlScript } from './report/html-script.ts'
export { type HtmlPage, htmlPage } from './report/page.ts'
export { formatPlot, type PlotOptions } from './report/plot.ts'
export { plotFigure } from './report/plot-figure.ts'
export type { ReportMetric } from './report/series.ts'
export { summaryTable } from './report/summary-table.ts'
export { renderSvg } from './report/svg.ts'
export { plotStyle } from './report/svg-style.ts'
export { formatTable } from './report/table.ts'
export { bytesWords, percentWords, timeWords } from './report/units.ts'
export { type SampleRows, sampleRows } from './sample-rows.ts'
export { checkScenario, defaultScenario } from './scenario.ts'
export { type RunFigures, runFigures, summarise } from './summary.ts'
