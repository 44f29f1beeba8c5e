/** The quantile `q` of 0 to 1, between order statistics. */
export function quantile(numbers, q) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = Math.floor(at)
  return sorted[low] + ((sorted[low + 1] ?? sorted[low]) - sorted[low]) * (at - low)
}

/** The middle value, or the mean of the two in the middle. */
export const median = (numbers) => quantile(numbers, 0.5)

/** Where the median of what these are drawn from is 19 times of 20: order statistics on both sides of theirs. */
export function medianInterval(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const last = sorted.length - 1
  const half = 0.98 * Math.sqrt(sorted.length)
  const [from, to] = [Math.floor(last / 2 - half), Math.ceil(last / 2 + half)]
  return { low: sorted[Math.max(from, 0)], high: sorted[Math.min(to, last)] }
}
