// Is an algorithm its native twin's equal on a path? One table of what is compared and how far apart it may be.

/** A run that the machine disturbed does not move it. */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Retransmits are of the same order when they differ by a factor less than this, or by no more than a few segments. */
const sameOrder = { factor: 3, segments: 5 }

/**
 * What is compared, in the order of the table: `limit` is the largest difference, as a share of the native one's; `order`
 * compares by order of magnitude; neither is only shown. `only`: algorithms that it is judged for.
 */
export const measures = [
  { key: 'goodput', title: 'goodput', unit: 'Mbit/s', divisor: 1e6, digits: 3, limit: 0.03 },
  { key: 'cwndMean', title: 'mean cwnd', unit: 'segments', digits: 2, limit: 0.05 },
  { key: 'cwndMax', title: 'largest cwnd', unit: 'segments', digits: 0 },
  { key: 'rttMean', title: 'mean RTT', unit: 'ms', digits: 2, limit: 0.05 },
  { key: 'rttMedian', title: 'median RTT', unit: 'ms', digits: 2 },
  { key: 'retransmits', title: 'retransmits', unit: 'segments', digits: 0, order: true },
  { key: 'queue', title: 'queue', unit: 'ms', digits: 2, limit: 0.1, only: 'dctcp', path: 'ecn' },
  { key: 'alpha', title: 'alpha', unit: '', digits: 3, limit: 0.1, only: 'dctcp', path: 'ecn' },
  { key: 'marked', title: 'marked', unit: '', digits: 3 },
]

/** Judge the figures of one algorithm on one path: a row for each measure that both have. */
export function judge({ twin, path }, { native, tscc }) {
  const rows = measures.flatMap((measure) => {
    const of = (runs) => runs.map((run) => run[measure.key]).filter((value) => Number.isFinite(value))
    const [theirs, ours] = [of(native), of(tscc)]
    if (theirs.length < native.length || ours.length < tscc.length || theirs.length === 0 || ours.length === 0)
      return []
    return [rowOf(measure, { twin, path }, theirs, ours)]
  })
  const lost = measures.filter((one) => isJudged(one, { twin, path }) && !rows.some(({ measure }) => measure === one))
  const failed = [
    ...rows.filter(({ ok }) => ok === false).map(apartWords),
    ...lost.map(({ title }) => `${title} was not measured`),
  ]
  return { rows, ok: failed.length === 0, failed }
}

/** A difference that is no larger than that between the native one's own runs may be the machine's: say so. */
function apartWords({ measure, difference, spread }) {
  const noise = spread.native >= Math.abs(difference) ? ` (native's own runs: ${words(spread.native)})` : ''
  return `${measure.title} ${words(difference)}${noise}`
}

const isJudged = ({ limit, order, only, path }, of) =>
  (limit !== undefined || order === true) &&
  (only === undefined || only === of.twin) &&
  (path === undefined || path === of.path)

function rowOf(measure, of, theirs, ours) {
  const [native, tscc] = [median(theirs), median(ours)]
  const difference = native === 0 ? (tscc === 0 ? 0 : Number.POSITIVE_INFINITY) : tscc / native - 1
  const row = { measure, native, tscc, difference, spread: { native: spreadOf(theirs), tscc: spreadOf(ours) } }
  if (!isJudged(measure, of)) return row
  const ok = measure.order ? isSameOrder(native, tscc) : Math.abs(difference) <= measure.limit
  return { ...row, ok }
}

/** How far apart the runs of one side are, as a share of their median; 0 of a single one. */
function spreadOf(values) {
  const middle = median(values)
  return middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / middle
}

/** Are these counts of the same order of magnitude? */
export function isSameOrder(a, b) {
  if (Math.abs(a - b) <= sameOrder.segments) return true
  return Math.max(a, b) < sameOrder.factor * Math.min(a, b)
}

/** `+1.2 %`. */
export function words(difference) {
  if (!Number.isFinite(difference)) return '+∞'
  const percent = (100 * difference).toFixed(1)
  return `${difference > 0 && percent !== '0.0' ? '+' : ''}${percent === '-0.0' ? '0.0' : percent} %`
}

/** A figure in its unit's digits, without the unit. */
export const shown = ({ divisor = 1, digits }, value) => (value / divisor).toFixed(digits)

/** What is wanted of a measure: `±3 %`. */
export function wanted({ limit, order }) {
  if (order) return `within a factor of ${sameOrder.factor}, or ${sameOrder.segments} segments`
  return limit === undefined ? '' : `±${Math.round(limit * 100)} %`
}
