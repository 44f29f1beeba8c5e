import type { Comparison, Ratio } from '@tscc/sock-ops'
import { InvalidArgumentError } from 'commander'
import { ratioText } from './rules-table.ts'

/** A condition under which a rule goes again: how those that it chose compare with those that it left as they were. */
export interface Until {
  readonly metric: 'retrans' | 'rtt' | 'rate'
  readonly above: boolean
  readonly ratio: number
  readonly text: string
}

/** `retrans > 2x`, `rtt > 1.2x`, `rate < 0.8x`; several with commas, any of which is enough. */
export function parseUntil(text: string): readonly Until[] {
  return text.split(',').map((part): Until => {
    const match = /^\s*(retrans|rtt|rate)\s*([<>])\s*(\d+(?:\.\d+)?)\s*x\s*$/.exec(part)
    const ratio = Number(match?.[3])
    if (match === null || !(ratio > 0))
      throw new InvalidArgumentError("expected 'retrans > 2x', 'rtt > 1.2x' or 'rate < 0.8x', or several with commas")
    return { metric: match[1] as Until['metric'], above: match[2] === '>', ratio, text: part.trim() } // one of the three by the pattern
  })
}

const metrics = { retrans: 'retransmits', rtt: 'rtt', rate: 'rate' } as const

/** Which condition holds, surely: the whole 95 % interval is beyond it. Undefined where none does. */
export function whatHolds(
  conditions: readonly Until[],
  comparison: Comparison,
): { readonly until: Until; readonly found: Ratio } | undefined {
  for (const until of conditions) {
    const found = comparison[metrics[until.metric]]
    if (found !== undefined && (until.above ? found.low > until.ratio : found.high < until.ratio))
      return { until, found }
  }
  return undefined
}

/** A line on how it stands. */
export const standing = (comparison: Comparison): string =>
  `retrans ${ratioText(comparison.retransmits)} · rtt ${ratioText(comparison.rtt)} · rate ${ratioText(comparison.rate)}`
