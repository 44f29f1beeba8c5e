// How near the simulator is to a kernel.

/** At most this far apart: goodput and queueing delay as shares of the kernel's, windows by `distanceOf`. */
export const limits = { goodput: 0.05, queue: 0.15, distance: 0.1 }

/** These send by a rate, and their windows have room for acknowledgements that a stall of the guest merges: not judged. */
const paced = ['bbr']

/** Differences of queueing delay below this are noise of a guest's clock, ms. */
const LEAST_QUEUE = 0.5

const QUANTILES = 20

/** The windows after the warm-up, by size: 21 quantiles. */
export function shapeOf({ time, cwnd }, { warmup }) {
  const sorted = cwnd.filter((_, i) => time[i] >= warmup).sort((a, b) => a - b)
  return Array.from({ length: QUANTILES + 1 }, (_, n) => sorted[Math.round((n / QUANTILES) * (sorted.length - 1))])
}

/**
 * How differently windows are distributed: the mean difference of their quantiles over the mean window (the area between both
 * distributions). 0: the same windows for the same shares of the time.
 */
export function distanceOf(shape, other) {
  const sum = (values) => values.reduce((total, value) => total + value, 0)
  return sum(shape.map((value, n) => Math.abs(value - other[n]))) / sum(other)
}

/** Gaps of a simulated row to a measured one, and whether all are within their limits. */
export function judgeTruth(simulated, measured) {
  const apart = (key) => simulated[key] / measured[key] - 1
  const gaps = {
    goodput: apart('goodput'),
    queue: apart('queue'),
    cwnd: apart('cwndMean'),
    distance: distanceOf(simulated.shape, measured.shape),
  }
  const queue = Math.abs(gaps.queue) <= limits.queue || Math.abs(simulated.queue - measured.queue) <= LEAST_QUEUE
  const windows = paced.includes(measured.algorithm) || gaps.distance <= limits.distance
  return { gaps, ok: Math.abs(gaps.goodput) <= limits.goodput && queue && windows }
}
