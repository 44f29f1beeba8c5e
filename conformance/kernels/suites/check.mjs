// How a suite reports: a line of JSON for each check, on stdout.
import { release } from 'node:os'
import { features, hasFeature } from './features.mjs'

/** The kernel that this runs on. */
export const kernelVersion = release()

/** What a check gives that cannot be made here, for a reason that is not the kernel's: say which. */
export const skipped = (why) => ({ skipped: why })

/**
 * Run one check. What `run` returns are figures to report, or `skipped`; what it throws is a failure. With `feature`, a
 * kernel before it skips the check, whatever would come of it. What is `measured` by the clock, in a guest of a machine that
 * others use, has three tries, of which one must hold.
 */
export async function check(name, { feature, measured = false } = {}, run) {
  if (feature !== undefined && !hasFeature(kernelVersion, feature)) {
    const { since, about } = features[feature]
    return tell({ name, status: 'skip', why: `from ${since} on: ${about}` })
  }
  for (let tries = measured ? TRIES : 1; tries > 0; tries--)
    try {
      const figures = await run()
      if (figures?.skipped !== undefined) return tell({ name, status: 'skip', why: figures.skipped })
      return tell({ name, status: 'pass', ...(figures === undefined ? {} : { figures }) })
    } catch (error) {
      if (tries === 1) tell({ name, status: 'fail', why: reasonOf(error) })
      process.stderr.write(`${name}: ${error instanceof Error ? error.stack : error}\n`)
    }
}

const TRIES = 3

function tell(line) {
  process.stdout.write(`${JSON.stringify(line, (_, value) => (typeof value === 'bigint' ? Number(value) : value))}\n`)
}

/** An error with what caused it, and the verifier's last words. */
function reasonOf(error) {
  const log = error?.context?.log
  const lines = typeof log === 'string' ? log.trim().split('\n').slice(-4).join(' | ') : ''
  const cause = error?.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error?.message ?? error}${cause}${lines === '' ? '' : ` [${lines}]`}`
}
