/** A point of a plot: time in s and a value; NaN where the value is not known, which breaks the line. */
export type Point = readonly [time: number, value: number]

/** The lowest and the highest known point, in order of time; one gap when nothing is known. */
const extremes = (bucket: readonly Point[]): readonly Point[] => {
  let low: Point | undefined
  let high: Point | undefined
  for (const point of bucket) {
    if (!Number.isFinite(point[1])) continue
    if (low === undefined || point[1] < low[1]) low = point
    if (high === undefined || point[1] > high[1]) high = point
  }
  if (low === undefined || high === undefined) return bucket.slice(0, 1)
  if (low === high) return [low]
  return low[0] <= high[0] ? [low, high] : [high, low]
}

/** At most `limit` (≥ 4) points: the first, the last and each bucket's extremes, so that no peak of a sawtooth is lost. */
export const downsample = (points: readonly Point[], limit: number): readonly Point[] => {
  const first = points[0]
  const last = points.at(-1)
  if (points.length <= limit || first === undefined || last === undefined) return points
  const inner = points.slice(1, -1)
  const buckets = Math.floor((limit - 2) / 2)
  const bounds = Array.from({ length: buckets + 1 }, (_, bucket) => Math.round((bucket * inner.length) / buckets))
  const kept = bounds.slice(0, -1).flatMap((start, bucket) => extremes(inner.slice(start, bounds[bucket + 1])))
  return [first, ...kept, last]
}
