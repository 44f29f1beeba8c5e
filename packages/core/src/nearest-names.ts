/** Edit distance (insert, delete, substitute), given up above `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitute, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}

/** The candidates most like `name`, best first, at most `count`: for the "did you mean" of an error. */
export function nearestNames(name: string, candidates: Iterable<string>, count = 3): readonly string[] {
  const wanted = name.toLowerCase()
  const limit = Math.max(2, Math.floor(name.length / 2))
  const scored: { readonly candidate: string; readonly score: number }[] = []
  for (const candidate of new Set(candidates)) {
    const lower = candidate.toLowerCase()
    const contains = wanted.length > 2 && (lower.includes(wanted) || (lower.length > 2 && wanted.includes(lower)))
    const score = contains ? Math.min(1.5, editDistance(wanted, lower, limit)) : editDistance(wanted, lower, limit)
    if (score <= limit) scored.push({ candidate, score })
  }
  return scored
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map((entry) => entry.candidate)
}

/** `; did you mean a, b?`, or nothing when no candidate is near. */
export function didYouMean(nearest: readonly string[]): string {
  return nearest.length === 0 ? '' : `; did you mean ${nearest.join(', ')}?`
}
