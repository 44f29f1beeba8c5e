import type { Diagnostic } from '@tscc/compiler'

/** Diagnostics of a text in another that it was changed into: those beside the change, moved by as much as it made of it. */
export function shifted(diagnostics: readonly Diagnostic[], from: string, to: string): readonly Diagnostic[] {
  const shorter = Math.min(from.length, to.length)
  let same = 0
  while (same < shorter && from.charCodeAt(same) === to.charCodeAt(same)) same++
  let tail = 0
  while (tail < shorter - same && from.charCodeAt(from.length - 1 - tail) === to.charCodeAt(to.length - 1 - tail))
    tail++
  const [changeEnd, by] = [from.length - tail, to.length - from.length]
  return diagnostics.flatMap((one) => {
    const { start, end } = one.span
    if (end <= same) return [one]
    return start >= changeEnd ? [{ ...one, span: { ...one.span, start: start + by, end: end + by } }] : []
  })
}
