import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import type { LabResult } from '../model.ts'
import { downsample, type Point } from './downsample.ts'
import { escapeMarkup } from './escape.ts'
import { largestOf, metricTable, type ReportMetric, type Series, seriesOf, ssthreshSeries, timeEnd } from './series.ts'
import { plotStyle } from './svg-style.ts'
import { timeWords, type Unit } from './units.ts'

/** A plot before it is drawn: lines, their common axes (time in s, values as in the series) and what is marked. */
export interface PlotModel {
  readonly metric: ReportMetric
  readonly series: readonly Series[]
  /** Thin dashed lines, in the colours of the series of the same index. */
  readonly thresholds: readonly Series[]
  readonly unit: Unit
  readonly end: number
  readonly top: number
  /** End of the warm-up, s. */
  readonly warmup: number
  readonly reference?: { readonly value: number; readonly name: string }
}

/** The plot of one metric in one round; `top` fixes the value axis so that several plots can be compared. */
export const plotModel = (
  result: LabResult,
  metric: ReportMetric,
  options: { readonly round?: number; readonly top?: number } = {},
): PlotModel => {
  const spec = metricTable[metric]
  const series = seriesOf(result, metric, options.round)
  const reference = spec.reference?.(result)
  const largest = options.top ?? Math.max(largestOf(series), reference?.value ?? 0)
  const unit = spec.unit(largest)
  const nice = scaleLinear()
    .domain([0, largest > 0 ? (largest * 1.03) / unit.divisor : 1])
    .nice(8)
    .domain()[1]
  return {
    metric,
    series,
    thresholds: metric === 'cwnd' ? ssthreshSeries(result, options.round) : [],
    unit,
    end: timeEnd(result),
    top: (nice ?? 1) * unit.divisor,
    warmup: result.scenario.warmup / 1000,
    ...(reference === undefined ? {} : { reference }),
  }
}

/** Title of a plot with its unit: `RTT, ms`. */
const plotTitle = ({ metric, unit }: PlotModel): string => `${metricTable[metric].title}, ${unit.name}`

/** How a plot is drawn; sizes in px, `points` per line. */
export interface DrawOptions {
  readonly width: number
  readonly height: number
  readonly points: number
  /** Distinguishes the ids of several plots on a page. */
  readonly id: string
  readonly ticks?: { readonly x: number; readonly y: number }
}

const description = (result: LabResult, { series, unit, end }: PlotModel): string => {
  const words = series.map(({ label, points }) => {
    const late = points.filter(([time, value]) => time * 1000 >= result.scenario.warmup && Number.isFinite(value))
    const values = late.map(([, value]) => value / unit.divisor)
    if (values.length === 0) return `${label}: no samples`
    const low = values.reduce((a, b) => Math.min(a, b))
    const high = values.reduce((a, b) => Math.max(a, b))
    return `${label}: ${low.toFixed(unit.digits)} to ${high.toFixed(unit.digits)}`
  })
  return `Over ${timeWords(end * 1000)}; after the warm-up, in ${unit.name}, ${words.join('; ')}.`
}

/**
 * The plot's area alone, as an `<svg>` element that stretches to the width it is given: positions across are per cent,
 * and only the lines, in a nested viewBox, are scaled. Axis numbers lie outside, so that the place must leave them room.
 */
export const plotArea = (result: LabResult, model: PlotModel, options: DrawOptions, attributes = ''): string => {
  const { width, height, points, id } = options
  const x = scaleLinear().domain([0, model.end]).range([0, width])
  const y = scaleLinear().domain([0, model.top]).range([height, 0])
  const percent = (time: number): string => `${Number(((100 * time) / model.end).toFixed(3))}%`
  const draw = line<Point>()
    .defined(([, value]) => Number.isFinite(value))
    .x(([time]) => x(time))
    .y(([, value]) => y(value))
    .digits(1)
  const path = (series: Series, kind: string): string => {
    const d = draw(downsample(series.points, points)) ?? ''
    return d === '' ? '' : `<path class="line ${kind}s${series.index}" d="${d}"/>`
  }
  const values = scaleLinear().domain([0, model.top / model.unit.divisor])
  const valueTicks = values.ticks(options.ticks?.y ?? 5)
  const valueFormat = values.tickFormat(options.ticks?.y ?? 5)
  const rules = valueTicks.map((tick) => {
    const at = Math.round(y(tick * model.unit.divisor))
    const text = `<text x="-6" y="${at}" dy=".32em" text-anchor="end">${valueFormat(tick)}</text>`
    return `<line class="rule" x2="100%" y1="${at}" y2="${at}"/>${text}`
  })
  const timeTicks = x.ticks(options.ticks?.x ?? 6)
  const timeFormat = x.tickFormat(options.ticks?.x ?? 6)
  const times = timeTicks.map(
    (tick, index) =>
      `<text x="${percent(tick)}" y="${height}" dy="1.4em" text-anchor="middle">${timeFormat(tick)}${index === timeTicks.length - 1 ? ' s' : ''}</text>`,
  )
  const reference = model.reference
  const level = reference === undefined || reference.value > model.top ? -1 : Math.round(y(reference.value))
  return [
    `<svg class="plot" role="img" aria-labelledby="${id}-t ${id}-d" width="100%" height="${height}"${attributes}>`,
    `<title id="${id}-t">${escapeMarkup(plotTitle(model))}</title>`,
    `<desc id="${id}-d">${escapeMarkup(description(result, model))}</desc>`,
    model.warmup > 0
      ? `<rect class="warm" width="${percent(Math.min(model.warmup, model.end))}" height="${height}"/>`
      : '',
    ...rules,
    ...times,
    `<svg class="data" viewBox="0 0 ${width} ${height}" width="100%" height="${height}" preserveAspectRatio="none">`,
    ...model.thresholds.map((series) => path(series, 'thin ')),
    ...model.series.map((series) => path(series, '')),
    '</svg>',
    level < 0 ? '' : `<line class="ref" x2="100%" y1="${level}" y2="${level}"/>`,
    '</svg>',
  ]
    .filter((part) => part !== '')
    .join('\n')
}

const margin = { top: 40, right: 20, bottom: 28, left: 48 }
const size = { width: 760, height: 252 }
const legendRow = 18

/** Names of the lines with a stroke of each, in rows as wide as the plot; a character counts 7 px. */
const legendRows = (series: readonly Series[]): { readonly rows: number; readonly marks: readonly string[] } => {
  const marks: string[] = []
  let x = margin.left + 140
  let row = 0
  for (const { label, index } of series) {
    const width = 34 + label.length * 7
    if (x + width > size.width && x > margin.left) {
      x = margin.left
      row += 1
    }
    const y = 18 + row * legendRow
    const name = escapeMarkup(label)
    marks.push(`<path class="line key s${index}" d="M${x},${y - 4}h16"/><text x="${x + 21}" y="${y}">${name}</text>`)
    x += width
  }
  return { rows: row, marks }
}

/** One metric over time, all algorithms in one plot, as an SVG file of its own (first round). */
export const renderSvg = (result: LabResult, metric: ReportMetric): string => {
  const model = plotModel(result, metric)
  const legend = legendRows(model.series)
  const top = margin.top + legend.rows * legendRow
  const total = top + size.height + margin.bottom
  const width = size.width - margin.left - margin.right
  const area = plotArea(result, model, { width, height: size.height, points: 600, id: metric })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${total}" width="${size.width}" height="${total}">
<style>${plotStyle(model.series.length)}</style>
<g class="plot"><text class="title" x="${margin.left}" y="18">${escapeMarkup(plotTitle(model))}</text>
${legend.marks.join('\n')}</g>
<svg x="${margin.left}" y="${top}" width="${width}" height="${size.height}" overflow="visible">
${area}
</svg>
</svg>
`
}
