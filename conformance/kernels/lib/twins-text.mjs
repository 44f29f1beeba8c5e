// The comparison as text: a row for each algorithm, path and kernel, and below it why some were not compared.
import { measures, shown, wanted, words } from './twins-judge.mjs'

/** Measures of the table, which the report has all of. */
const columns = ['goodput', 'cwndMean', 'rttMean', 'retransmits', 'queue', 'alpha']

/** Rows as `collectTwins` gives them. */
export function twinsText(comparisons) {
  const compared = comparisons.filter(({ verdict }) => verdict !== undefined)
  const used = measures.filter(
    ({ key }) => columns.includes(key) && compared.some(({ verdict }) => verdict.rows.some((row) => isShown(row, key))),
  )
  const head = ['kernel', 'algorithm', 'path', 'runs', ...used.map(({ title }) => title), 'verdict']
  const rows = compared.map(({ kernel, name, path, runs, verdict }) => [
    ...[kernel, name, path, `${runs}`],
    ...used.map(({ key }) => cellOf(verdict.rows.find((row) => isShown(row, key)))),
    verdict.ok ? 'equal' : `apart: ${verdict.failed.join(', ')}`,
  ])
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)))
  const lines = all.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
  const others = comparisons
    .filter(({ verdict }) => verdict === undefined)
    .map(({ kernel, name, path, status, why }) => `${kernel}: ${name}, ${path}: ${status}: ${why}`)
  const limits = used
    .filter((measure) => wanted(measure) !== '')
    .map((measure) => `${measure.title} ${wanted(measure)}`)
  const note = `native / tscc (difference); medians over the runs. Equal: ${limits.join('; ')}`
  return `${[...(compared.length > 0 ? [...lines, '', note] : []), ...others].join('\n')}\n`
}

/** Queue and alpha only where they are judged. */
const isShown = (row, key) => row.measure.key === key && (row.measure.only === undefined || row.ok !== undefined)

function cellOf(row) {
  if (row === undefined) return ''
  const { measure, native, tscc, difference } = row
  const apart = measure.order ? '' : ` (${words(difference)})`
  return `${shown(measure, native)} / ${shown(measure, tscc)}${apart}`
}
