import Table from 'cli-table3'
import pc from 'picocolors'
import type { LabResult, SummaryRow } from '../model.ts'
import { printable } from './escape.ts'
import { inUnit, kernelWords, originWords, rateUnit, scenarioFacts, segmentUnit, timeUnit } from './units.ts'

/** A column of the summary: a head and its unit, and each row's cell. */
export interface SummaryColumn {
  readonly head: string
  readonly unit: string
  readonly cell: (row: SummaryRow) => string
}

/** Columns of figures, each in one unit that suits its largest value; fairness only where flows shared a link. */
export const summaryColumns = (rows: readonly SummaryRow[]): readonly SummaryColumn[] => {
  const largest = (pick: (row: SummaryRow) => number): number => rows.reduce((max, row) => Math.max(max, pick(row)), 0)
  const rate = rateUnit(largest((row) => row.goodput))
  const rtt = timeUnit(largest((row) => row.rttP95))
  const cwnd = segmentUnit(largest((row) => row.cwndMean))
  const measured = (cell: (row: SummaryRow) => string) => (row: SummaryRow) => (row.runs > 0 ? cell(row) : '–')
  const columns: SummaryColumn[] = [
    { head: 'goodput', unit: rate.name, cell: measured((row) => inUnit(row.goodput, rate)) },
    { head: 'of rate', unit: '%', cell: measured((row) => (row.utilisation * 100).toFixed(1)) },
    { head: 'RTT mean', unit: rtt.name, cell: measured((row) => inUnit(row.rttMean, rtt)) },
    { head: 'RTT p95', unit: rtt.name, cell: measured((row) => inUnit(row.rttP95, rtt)) },
    { head: 'cwnd', unit: cwnd.name, cell: measured((row) => inUnit(row.cwndMean, cwnd)) },
    { head: 'retrans', unit: '', cell: measured((row) => String(Math.round(row.retransmits))) },
  ]
  if (rows.some((row) => row.queueMean !== undefined))
    columns.push({ head: 'queue', unit: rtt.name, cell: measured((row) => inUnit(row.queueMean ?? Number.NaN, rtt)) })
  const done = timeUnit(largest((row) => row.completionMean ?? 0))
  if (rows.some((row) => row.completionMean !== undefined))
    columns.push({
      head: 'flow time',
      unit: done.name,
      cell: measured((row) => inUnit(row.completionMean ?? Number.NaN, done)),
    })
  if (rows.some((row) => row.fairness !== null))
    columns.push({ head: 'fairness', unit: 'Jain', cell: (row) => row.fairness?.toFixed(3) ?? '–' })
  return columns
}

/** Facts that stand under a table, in two lines: the path, then the runs and the kernel. */
const caption = (result: LabResult): string => {
  const facts = new Map(scenarioFacts(result))
  const fact = (term: string): string => printable(facts.get(term) ?? '')
  const { path } = result.scenario
  const line1 = [fact('rate'), `RTT ${fact('RTT')}`, `buffer ${fact('buffer')}`, `loss ${fact('loss')}`]
  if (path.ecnThreshold !== undefined) line1.push(fact('ECN'))
  const line2 = [
    ...(result.link === 'sim' ? [] : [fact('link')]),
    fact('mode'),
    `${fact('runs')}, figures ${fact('figures')}`,
    kernelWords(result),
  ]
  const more = (result.facts ?? []).map(([term, words]) => printable(`${term} ${words}`))
  return [line1, ...(more.length > 0 ? [more] : []), line2].map((line) => line.join(' · ')).join('\n')
}

/** Keeps the table within 80 columns, fairness included. */
const longestLabel = 14

const clip = (text: string): string => (text.length > longestLabel ? `${text.slice(0, longestLabel - 1)}…` : text)

const frame = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const

/** The summary as a table for the terminal, with a caption that says what was measured. */
export const formatTable = (result: LabResult, options: { readonly color?: boolean } = {}): string => {
  const colors = pc.createColors(options.color ?? false)
  const columns = summaryColumns(result.summary)
  const origins = new Map(result.algorithms.map((algorithm) => [algorithm.label, algorithm.origin]))
  const table = new Table({
    chars: frame,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': columns.length > 6 ? 1 : 2 },
    colAligns: ['left', 'left', ...columns.map(() => 'right' as const)],
  })
  const strong = (text: string) => ({ content: colors.bold(text) })
  const weak = (text: string) => ({ content: colors.dim(text) })
  table.push([strong('algorithm'), strong('from'), ...columns.map((column) => strong(column.head))])
  table.push([weak(''), weak(''), ...columns.map((column) => weak(column.unit))])
  for (const row of result.summary) {
    const origin = origins.get(row.label) ?? 'native'
    const mark = originWords(origin)
    table.push([
      clip(printable(row.label)),
      origin === 'tscc' ? colors.cyan(mark) : mark,
      ...columns.map((column) => column.cell(row)),
    ])
  }
  const lines = table.toString().split('\n')
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n\n${colors.dim(caption(result))}`
}
