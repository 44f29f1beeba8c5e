import type { LabResult } from '../model.ts'
import { runFigures } from '../summary.ts'
import { escapeMarkup } from './escape.ts'
import { htmlPage } from './page.ts'
import { plotFigure } from './plot-figure.ts'
import { largestOf, type ReportMetric, seriesOf } from './series.ts'
import { summaryTable, swatch } from './summary-table.ts'
import { plotArea, plotModel } from './svg.ts'
import { bytesWords, instantWords, rateWords, scenarioFacts } from './units.ts'

const heading = ({ algorithms, scenario }: LabResult): string => {
  const names = algorithms.map(({ label }) => label)
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join()
  return `${list} over ${rateWords(scenario.path.rate)}, ${2 * scenario.path.delay} ms`
}

const legend = ({ algorithms }: LabResult): string => {
  const items = algorithms.map(
    ({ label }, index) =>
      `<label class="s${index}"><input type="checkbox" checked id="show${index}">${swatch(index)}${escapeMarkup(label)}</label>`,
  )
  return `<fieldset class="legend" aria-label="Algorithms shown">${items.join('\n')}</fieldset>`
}

/** Each run's cwnd on the same axes: how much one algorithm's runs differ. */
const runPlots = (result: LabResult, points: number): string => {
  const { scenario, algorithms } = result
  const rounds = Array.from({ length: scenario.repeat }, (_, round) => round)
  const all = rounds.map((round) => seriesOf(result, 'cwnd', round))
  const top = all.reduce((largest, series) => Math.max(largest, largestOf(series)), 0)
  const models = rounds.map((round) => ({ ...plotModel(result, 'cwnd', { round, top }), thresholds: [] }))
  const rows = algorithms.map(({ label }, index) => {
    const figures = models.map((model, round) => {
      const run = result.runs.find((r) => r.round === round && r.labels.includes(label))
      const goodput = run && runFigures(scenario, run, label)?.goodput
      const own = { ...model, series: model.series.filter((series) => series.index === index) }
      const options = { width: 300, height: 80, points, id: `run${index}-${round}`, ticks: { x: 3, y: 2 } }
      return `<figure><figcaption><span>run ${round + 1}</span><span class="soft">${goodput === undefined ? '–' : rateWords(goodput)}</span></figcaption>
<div class="area">${plotArea(result, own, options)}</div></figure>`
    })
    return `<h3>${swatch(index)}${escapeMarkup(label)}</h3><div class="runs">${figures.join('\n')}</div>`
  })
  return `<section><h2>Each run: cwnd, segments, and goodput</h2>${rows.join('\n')}</section>`
}

const bottleneckTable = (result: LabResult): string => {
  const rows = result.runs.flatMap(({ link, round, labels }) => {
    if (link === undefined) return []
    const cells = [link.forwarded, link.droppedFull, link.droppedRandom, link.markedCe, bytesWords(link.maxQueue)]
    const name = escapeMarkup(labels.join(', '))
    return `<tr><th scope="row" class="left">${name}</th><td>${round + 1}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  if (rows.length === 0) return ''
  const heads = ['run', 'forwarded', 'dropped, full', 'dropped, random', 'marked CE', 'longest queue']
  const open = rows.length > 12 ? '' : ' open'
  return `<details${open}><summary><h2>The bottleneck</h2></summary><div class="scroll" tabindex="0" role="region" aria-label="Bottleneck"><table>
<thead><tr><th scope="col" class="left">algorithm</th>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>
<p class="note">Packets over each whole run, slow start included.</p></details>`
}

const facts = (result: LabResult): string =>
  scenarioFacts(result)
    .map(([term, fact]) => `<div><dt>${term}</dt><dd>${escapeMarkup(fact)}</dd></div>`)
    .join('\n')

const metrics: readonly ReportMetric[] = ['cwnd', 'rtt', 'goodput', 'deliveryRate']

/** Points of all lines together, so that a report of many algorithms and runs still stays under about 500 kB. */
const pointBudget = { large: 20_000, small: 12_000 }

/** The whole report as one file. */
export const renderHtml = (result: LabResult): string => {
  const { algorithms, scenario } = result
  const count = Math.max(1, algorithms.length)
  const points = Math.max(60, Math.min(600, Math.floor(pointBudget.large / (count * (metrics.length + 1)))))
  const runPoints = Math.max(20, Math.min(150, Math.floor(pointBudget.small / (count * scenario.repeat))))
  const first = scenario.repeat > 1 ? 'Over time, first run of each' : 'Over time'
  return htmlPage({
    title: heading(result),
    lead:
      result.link === 'sim'
        ? `TCP on a simulated path, programs linked to the types of Linux ${result.kernel}`
        : `TCP through network namespaces, measured with TCP_INFO on Linux ${result.kernel}, ${instantWords(result.startedAt)}`,
    series: count,
    body: `<section><h2>Summary</h2>${summaryTable(result)}</section>
<section><h2>${first}</h2>
${legend(result)}
${metrics.map((metric) => plotFigure(result, metric, { points, id: metric })).join('\n')}
</section>
${scenario.repeat > 1 ? runPlots(result, runPoints) : ''}
${bottleneckTable(result)}
<section><h2>Scenario and machine</h2><dl>${facts(result)}</dl></section>`,
  })
}
