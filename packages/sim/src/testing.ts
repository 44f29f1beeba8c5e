import type { SummaryRow } from '@tscc/experiment'
import { simErrors } from './sim-errors.ts'
import type { SimResult } from './simulate.ts'

export { renoReference } from './cc/reno.ts'
export { referenceEntry } from './reference.ts'
export { type SimEntry, type SimResult, type SimSpec, simulate } from './simulate.ts'
export { type BytecodeOptions, bytecodeEntries } from './vm/bytecode.ts'

/*
 * Expectations for tests: each throws `sim/expectation` with what was found and what it must be, and gives the result back.
 */

/** Flows of a shared link get like shares: Jain's index of all of them is at least `index` (default 0.9). */
export function expectFair(result: SimResult, { index = 0.9 }: { readonly index?: number } = {}): SimResult {
  if (result.summary.every(({ fairness }) => fairness === null))
    throw simErrors.make('expectation', { what: 'fairness', found: 'one flow', limit: 'several flows on the link' })
  return each(result, 'fairness', index, ({ fairness }) => fairness ?? 1, 'least')
}

/** Every algorithm uses at least this share of the rate (default 0.8; with `mode: 'share'` all of them together). */
export function expectUtilised(result: SimResult, { share = 0.8 }: { readonly share?: number } = {}): SimResult {
  if (result.scenario.mode === 'compare')
    return each(result, 'utilisation', share, ({ utilisation }) => utilisation, 'least')
  const sum = result.summary.reduce((total, { utilisation }) => total + utilisation, 0)
  if (sum >= share) return result
  throw simErrors.make('expectation', { what: 'utilisation', found: sum.toFixed(3), limit: `at least ${share}` })
}

/** Packets wait at the bottleneck no longer than `ms` on the average. */
export function expectQueue(result: SimResult, { ms }: { readonly ms: number }): SimResult {
  return each(result, 'mean queue in ms', ms, ({ queueMean }) => queueMean ?? 0, 'most')
}

function each(
  result: SimResult,
  what: string,
  limit: number,
  of: (row: SummaryRow) => number,
  kind: 'least' | 'most',
): SimResult {
  for (const row of result.summary) {
    const found = of(row)
    if (kind === 'least' ? found >= limit : found <= limit) continue
    throw simErrors.make('expectation', {
      what: `${row.label}: ${what}`,
      found: found.toFixed(3),
      limit: `at ${kind} ${limit}`,
    })
  }
  return result
}
