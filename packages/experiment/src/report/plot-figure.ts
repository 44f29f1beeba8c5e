import type { LabResult } from '../model.ts'
import { metricTable, type ReportMetric } from './series.ts'
import { plotArea, plotModel } from './svg.ts'

/** A plot of an HTML report, with its title and its values under the cursor; `id` tells it from others on the page. */
export const plotFigure = (
  result: LabResult,
  metric: ReportMetric,
  { points, id }: { readonly points: number; readonly id: string },
): string => {
  const model = plotModel(result, metric)
  const { title } = metricTable[metric]
  const notes = [
    metric === 'cwnd' ? 'thin dashes: ssthresh' : '',
    model.reference === undefined ? '' : `dots: ${model.reference.name}`,
  ]
  const note = notes.filter((text) => text !== '').join(', ')
  const { divisor, digits, name } = model.unit
  return `<figure data-end="${model.end}" data-top="${model.top / divisor}" data-digits="${Math.max(0, digits - 1)}">
<figcaption><span><b>${title}</b>, ${name} <small class="soft">${note}</small></span><span class="values"></span></figcaption>
<div class="area">${plotArea(result, model, { width: 1000, height: 200, points, id })}</div></figure>`
}
