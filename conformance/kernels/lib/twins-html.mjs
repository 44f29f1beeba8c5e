// The comparison as one HTML file: what it came to, and both twins over each other for every algorithm, path and kernel.
import { escapeMarkup, htmlPage, plotFigure } from '@tscc/lab'
import { shown, wanted, words } from './twins-judge.mjs'
import { paths } from './twins-plan.mjs'

const swatch = (index) => `<i class="swatch s${index}"></i>`
const legend = `<p class="soft">${swatch(0)}native &emsp; ${swatch(1)}tscc</p>`

/** Measures of the first table; the others stand beside the plots. */
const columns = ['goodput', 'cwndMean', 'rttMean', 'retransmits', 'queue', 'alpha']
const plots = ['cwnd', 'rtt']

/** Points of all lines together, so that the report of every kernel stays within a few megabytes. */
const pointBudget = 200_000

/** Rows as `collectTwins` gives them. */
export function twinsHtml(comparisons, { startedAt }) {
  const compared = comparisons.filter(({ verdict }) => verdict !== undefined)
  const points = Math.max(60, Math.min(400, Math.floor(pointBudget / Math.max(1, 4 * compared.length))))
  const names = [...new Set(comparisons.map(({ name }) => name))]
  const equal = compared.filter(({ verdict }) => verdict.ok).length
  return htmlPage({
    title: 'Congestion controls beside their native twins',
    lead: `${names.join(', ')}: tscc's object and the kernel's own on the same path, in turn. ${equal} of ${compared.length} comparisons equal. ${startedAt.slice(0, 10)}`,
    series: 2,
    body: [
      `<section><h2>Summary</h2>${summary(compared)}</section>`,
      left(comparisons.filter(({ verdict }) => verdict === undefined)),
      ...names.map((name) => algorithm(name, compared, points)),
    ].join('\n'),
  })
}

const scrolled = (label, table) =>
  `<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>${table}</table></div>`
/** The first `left` columns are of words. */
const head = (texts, left = 1) =>
  `<thead><tr>${texts.map((text, i) => `<th scope="col"${i < left ? ' class="left"' : ''}>${text}</th>`).join('')}</tr></thead>`

function summary(compared) {
  const measures = columns.flatMap(
    (key) => compared.flatMap(({ verdict }) => rowOf(verdict, key) ?? [])[0]?.measure ?? [],
  )
  const heads = measures.map(
    (one) =>
      `${one.title}<small>${[one.unit, one.order ? 'same order' : wanted(one)].filter((text) => text !== '').join(', ')}</small>`,
  )
  const rows = compared.map(({ id, kernel, name, path, verdict }) => {
    const cells = measures.map(({ key }) => `<td>${cellOf(rowOf(verdict, key))}</td>`)
    const link = `<a href="#${id}">${escapeMarkup(name)}</a>`
    return `<tr><th scope="row" class="left">${link}</th><td class="left">${path}</td><td class="left">${escapeMarkup(kernel)}</td><td class="left">${markOf(verdict)}</td>${cells.join('')}</tr>`
  })
  return `${scrolled('Summary', `${head(['algorithm', 'path', 'kernel', 'verdict', ...heads], 4)}<tbody>${rows.join('\n')}</tbody>`)}
<p class="note">Native, tscc's, and how far apart; medians over the runs after slow start, retransmits of whole runs (of the same order: ${wanted({ order: true })}). Queue: what it adds to the empty path's round trip. Alpha: DCTCP's estimate of the marked share, made again from TCP_INFO's counters for both.</p>`
}

/** A queue or an alpha only where it is judged. */
const rowOf = ({ rows }, key) =>
  rows.find(({ measure, ok }) => measure.key === key && (measure.only === undefined || ok !== undefined))

function cellOf(row) {
  if (row === undefined) return ''
  const { measure, native, tscc, difference, ok } = row
  const apart = measure.order ? '' : `<small class="soft"> ${words(difference)}</small>`
  const text = `${shown(measure, native)} / ${shown(measure, tscc)}${apart}`
  return ok === false ? `<b>${text}</b>` : text
}

const markOf = ({ ok }) => (ok ? '<span class="mark">equal</span>' : '<span class="mark tscc"><b>apart</b></span>')

/** What was not compared, and why. */
function left(others) {
  if (others.length === 0) return ''
  const rows = others.map(
    ({ kernel, name, path, status, why }) =>
      `<tr>${[name, path, kernel, status, why].map((text) => `<td class="left">${escapeMarkup(text)}</td>`).join('')}</tr>`,
  )
  const table = `${head(['algorithm', 'path', 'kernel', '', 'why'], 5)}<tbody>${rows.join('\n')}</tbody>`
  return `<section><h2>Not compared</h2>${scrolled('Not compared', table)}</section>`
}

function algorithm(name, compared, points) {
  const own = compared.filter((one) => one.name === name)
  if (own.length === 0) return ''
  return `<h2>${escapeMarkup(name)}</h2>${legend}${own.map((one) => comparison(one, points)).join('\n')}`
}

/** That the estimate from outside is the kernel's own. */
const toldWords = ({ native }) => {
  const told = native.flatMap(({ alphaTold }) => alphaTold ?? [])
  return told.length === 0
    ? ''
    : `; the kernel's own says of its alpha: ${told.map((one) => one.toFixed(3)).join(', ')}`
}

function comparison({ id, kernel, path, runs, link, verdict, result, figures: measured }, points) {
  const facts = `${paths[path]?.about ?? path}; ${link === 'netem' ? 'tbf and netem' : "the lab's link"}; runs: ${runs} of each, the first one drawn${toldWords(measured)}`
  const figures = plots.map((metric) => plotFigure(result, metric, { points, id: `${id}-${metric}` }))
  const rows = verdict.rows.map((row) => {
    const { measure, native, tscc, difference, spread } = row
    const cells = [
      ...[`${shown(measure, native)} ${measure.unit}`, `${shown(measure, tscc)} ${measure.unit}`],
      ...[words(difference), wantedHere(row), words(spread.native), words(spread.tscc)],
    ]
    return `<tr><th scope="row" class="left">${measure.title}</th>${cells.map((text) => `<td>${text}</td>`).join('')}</tr>`
  })
  const heads = ['', 'native', 'tscc', 'difference', 'wanted', 'spread, native', 'spread, tscc']
  return `<section id="${id}"><h3>${path}, Linux ${escapeMarkup(kernel)} ${markOf(verdict)}</h3><p class="note">${escapeMarkup(facts)}</p>
${figures.join('\n')}
<details><summary>All figures</summary>${scrolled('Figures', `${head(heads)}<tbody>${rows.join('')}</tbody>`)}</details></section>`
}

const wantedHere = ({ measure, ok }) => (ok === undefined ? '' : wanted(measure))
