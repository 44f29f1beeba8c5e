import { only, readsOf, writesOf } from './effects.ts'
import type { Flow } from './flow.ts'

/** How many steps are looked at for what becomes of a register: patterns lie close together, and time stays bounded. */
export const WINDOW = 64

/**
 * The next step of the same block behind `at` that reads or writes a register; undefined where there is none. `starts` says
 * where blocks start.
 */
export function nextTouch(
  flow: Flow,
  starts: readonly boolean[],
  at: number,
  register: Parameters<typeof only>[0],
): number | undefined {
  const wanted = only(register)
  for (let next = at + 1; next <= at + WINDOW; next++) {
    const step = flow[next]
    if (step === undefined || starts[next] === true) return undefined
    if (((readsOf(step, ALL) | writesOf(step)) & wanted) !== 0) return next
  }
  return undefined
}

/** What `exit` may read at most. */
const ALL = 1
