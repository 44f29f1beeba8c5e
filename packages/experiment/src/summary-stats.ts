/** Arithmetic mean; NaN of nothing. */
export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Quantile `q` in 0..1 by linear interpolation between order statistics (Hyndman and Fan 1996, definition 7); NaN of nothing. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = (sorted.length - 1) * q
  const low = sorted[Math.floor(rank)] ?? Number.NaN
  const high = sorted[Math.ceil(rank)] ?? Number.NaN
  return low + (high - low) * (rank - Math.floor(rank))
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/**
 * Jain's fairness index (Σx)² / (n·Σx²) (Jain, Chiu, Hawe 1984): 1 when all flows get the same, 1/n when one gets all.
 * NaN when there is nothing to share: no flows, or all of them zero.
 */
export const jainIndex = (allocations: readonly number[]): number => {
  const sum = allocations.reduce((total, x) => total + x, 0)
  const squares = allocations.reduce((total, x) => total + x * x, 0)
  return (sum * sum) / (allocations.length * squares)
}

/** Index of the last of the ascending `times` that is not after `time`; -1 when all are later. */
export const lastIndexAt = (times: readonly number[], time: number): number => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? Number.POSITIVE_INFINITY) <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** A counter that grows steadily from 0 at time 0, read at `time` by linear interpolation; its last value after its end. */
export const counterAt = (times: readonly number[], counter: readonly number[], time: number): number => {
  const index = lastIndexAt(times, time)
  const t0 = times[index] ?? 0
  const v0 = counter[index] ?? 0
  const t1 = times[index + 1]
  const v1 = counter[index + 1]
  return t1 === undefined || v1 === undefined || t1 <= t0 ? v0 : v0 + ((v1 - v0) * (time - t0)) / (t1 - t0)
}

/** Mean over the time from `start` to `end` of a value that holds from each sample to the next; NaN without a sample before `end`. */
export const timeMean = (
  times: readonly number[],
  values: readonly number[],
  window: { readonly start: number; readonly end: number },
): number => {
  let area = 0
  let covered = 0
  for (let index = Math.max(0, lastIndexAt(times, window.start)); index < times.length; index++) {
    const from = Math.max(times[index] ?? window.end, window.start)
    const to = Math.min(times[index + 1] ?? window.end, window.end)
    if (to <= from) continue
    area += (values[index] ?? 0) * (to - from)
    covered += to - from
  }
  return area / covered
}
