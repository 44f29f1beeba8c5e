/** The quantile `q` of 0 to 1, between order statistics. */
export function quantile(numbers, q) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = Math.floor(at)
  return sorted[low] + ((sorted[low + 1] ?? sorted[low]) - sorted[low]) * (at - low)
}

/** The middle value, or the mean of the two in the middle. */
export const median = (numbers) => quantile(numbers, 0.5)
