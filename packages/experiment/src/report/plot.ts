import { scaleLinear } from 'd3-scale'
import pc from 'picocolors'
import type { LabResult } from '../model.ts'
import { brailleCanvas } from './braille.ts'
import { downsample } from './downsample.ts'
import { printable } from './escape.ts'
import { largestOf, metricTable, type ReportMetric, type Series, seriesOf, timeEnd } from './series.ts'
import { inUnit, originWords } from './units.ts'

/** How the terminal plot is drawn; sizes in characters. */
export interface PlotOptions {
  /** Default 80. */
  readonly width?: number
  /** Lines of the whole plot, shared by the algorithms' panels (each keeps at least two). Default 22. */
  readonly height?: number
  readonly color?: boolean
  readonly metric?: ReportMetric
}

const gutter = 7
const legend = 17
const hues = ['blue', 'yellow', 'green', 'magenta', 'cyan', 'red'] as const

/** Scaling between data and cells of one panel. */
interface PanelFrame {
  readonly columns: number
  readonly rows: number
  readonly end: number
  readonly top: number
}

const drawPanel = (series: Series, { columns, rows, end, top }: PanelFrame): readonly string[] => {
  const canvas = brailleCanvas(columns, rows)
  const x = (time: number): number => (time / end) * (columns * 2 - 1)
  const y = (value: number): number => (value / top) * (rows * 4 - 1)
  const points = downsample(series.points, columns * 16)
  for (const [index, [time, value]] of points.entries()) {
    const [time0, value0] = points[index - 1] ?? [time, value]
    if (!Number.isFinite(value)) continue
    if (Number.isFinite(value0)) canvas.line(x(time0), y(value0), x(time), y(value))
    else canvas.line(x(time), y(value), x(time), y(value))
  }
  return canvas.rows()
}

/** The axis of time: a rule with its ticks, and their numbers under it. */
const timeAxis = (columns: number, end: number): readonly [rule: string, numbers: string] => {
  const rule = Array.from({ length: columns }, () => '─')
  const numbers = Array.from({ length: columns + legend }, () => ' ')
  const scale = scaleLinear().domain([0, end])
  const ticks = scale.ticks(Math.max(2, Math.floor(columns / 10)))
  const format = scale.tickFormat(ticks.length)
  for (const [index, tick] of ticks.entries()) {
    const column = Math.min(columns - 1, Math.round((tick / end) * columns))
    rule[column] = '┴'
    const text = index === ticks.length - 1 ? `${format(tick)} s` : format(tick)
    for (const [offset, character] of [...text].entries()) numbers[column + offset] = character
  }
  return [`${'└'.padStart(gutter)}${rule.join('')}`, `${' '.repeat(gutter)}${numbers.join('').trimEnd()}`]
}

/**
 * A metric over time for the terminal: a panel for each algorithm, named beside it, all with the same axes, so that the
 * lines can be told apart without colour even where two algorithms do the same. Shows the first round.
 */
export const formatPlot = (result: LabResult, options: PlotOptions = {}): string => {
  const { width = 80, height = 22, metric = 'cwnd' } = options
  const colors = pc.createColors(options.color ?? false)
  const spec = metricTable[metric]
  const lines = seriesOf(result, metric)
  const rows = Math.max(2, Math.floor((height - 3) / Math.max(1, lines.length)))
  const columns = Math.max(20, width - gutter - legend)
  const end = timeEnd(result)
  const largest = largestOf(lines)
  const unit = spec.unit(largest)
  const top = scaleLinear()
    .domain([0, largest > 0 ? largest / unit.divisor : 1])
    .nice(8)
    .domain()[1]
  const frame = { columns, rows, end, top: (top ?? 1) * unit.divisor }

  const panel = (series: Series): readonly string[] => {
    const paint = colors[hues[series.index % hues.length] ?? 'blue']
    const known = series.points.map(([, value]) => value).filter((value) => Number.isFinite(value))
    const peak = known.reduce((max, value) => Math.max(max, value), 0)
    const notes = [
      colors.bold(paint(printable(series.label).slice(0, legend - 2))),
      colors.dim(known.length === 0 ? 'no samples' : `max ${inUnit(peak, { ...unit, digits: unit.digits - 1 })}`),
      colors.dim(originWords(series.origin)),
    ]
    return drawPanel(series, frame).map((cells, row) => {
      const level = row === 0 ? String(top) : row === rows - 1 ? '0' : ''
      const mark = level === '' ? '│' : '┤'
      const note = notes[row] ?? ''
      const edge = colors.dim(level.padStart(gutter - 1) + mark)
      const drawn = note === '' ? cells.trimEnd() : cells
      return `${edge}${drawn === '' ? '' : paint(drawn)}${note === '' ? '' : ` ${note}`}`
    })
  }

  const rounds = result.scenario.repeat > 1 ? `, round 1 of ${result.scenario.repeat}` : ''
  const flows = result.scenario.flows > 1 ? `, ${spec.combine} of ${result.scenario.flows} flows` : ''
  const title = `${colors.bold(spec.title)}, ${unit.name}${colors.dim(`${rounds}${flows}`)}`
  return [title, ...lines.flatMap(panel), ...timeAxis(columns, end).map((line) => colors.dim(line))].join('\n')
}
