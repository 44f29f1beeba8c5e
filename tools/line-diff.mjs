/** Lines that only one of two texts has, in order, as `- old` and `+ new`; at most `limit` of them. */
export function lineDiff(before, after, limit = 60) {
  const counts = new Map()
  for (const line of before.split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1)
  const added = []
  for (const line of after.split('\n')) {
    const left = counts.get(line) ?? 0
    if (left === 0) added.push(`+ ${line}`)
    else counts.set(line, left - 1)
  }
  const removed = [...counts].flatMap(([line, count]) => Array.from({ length: count }, () => `- ${line}`))
  const lines = [...removed, ...added]
  return lines.length <= limit ? lines : [...lines.slice(0, limit), `… and ${lines.length - limit} more lines`]
}
