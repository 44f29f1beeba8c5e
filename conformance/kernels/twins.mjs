// Each algorithm beside its native twin, on real kernels: node conformance/kernels/twins.mjs --help
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeUnused } from './lib/cache.mjs'
import { archiveOf, prepareKernel } from './lib/debian-kernels.mjs'
import { guestPackages } from './lib/guest-packages.mjs'
import { runSome } from './lib/matrix.mjs'
import { parseTwinArguments, usage } from './lib/twins-arguments.mjs'
import { withoutTraces } from './lib/twins-collect.mjs'
import { twinsHtml } from './lib/twins-html.mjs'
import { buildTwins, guestTwins, hostTwins } from './lib/twins-run.mjs'
import { twinsText } from './lib/twins-text.mjs'
import { pickKernel } from './lib/wanted-kernels.mjs'

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))

process.exitCode = await main()

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-twins-'))
  try {
    const options = parseTwinArguments(process.argv.slice(2), availableParallelism())
    if (options.help) {
      process.stdout.write(usage)
      return 0
    }
    return await compare({ ...options, folder, say, signal: stop.signal })
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return stop.signal.aborted ? 130 : 2
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

async function compare(options) {
  const startedAt = new Date().toISOString()
  const { built: algorithms, missing } = buildTwins(options.algorithms, options.folder, options)
  if (algorithms.length === 0) throw new Error('no algorithm to compare')
  // The host measures by the clock: nothing else may run beside it
  const onHost = options.host ? await hostTwins(algorithms, options) : []
  const jobs = await guestJobs(algorithms, options)
  const comparisons = [...onHost, ...(await runSome(jobs, options.jobs)).flat(), ...missing]
  if (options.output !== undefined) writeFileSync(options.output, twinsHtml(comparisons, { startedAt }))
  const apart = comparisons.filter(({ status, verdict }) => status === 'fail' || verdict?.ok === false)
  const compared = comparisons.filter(({ verdict }) => verdict !== undefined)
  if (options.json) console.log(JSON.stringify(comparisons.map(withoutTraces), null, 2))
  else {
    process.stdout.write(`\n${twinsText(comparisons)}\n`)
    process.stdout.write(
      `${compared.length - apart.filter(({ verdict }) => verdict).length} passed, ${apart.length} failed\n`,
    )
  }
  return apart.length === 0 && compared.length > 0 ? 0 : 1
}

/** A job for each kernel and algorithm, once everything that they share is downloaded and unpacked. */
async function guestJobs(algorithms, { wanted, ...options }) {
  if (wanted.length === 0) return []
  removeUnused()
  const jobs = []
  for (const one of wanted) {
    const archive = archiveOf(one.machine, { now: false, say })
    const kernel = pickKernel(one, archive.kernels)
    if (kernel === undefined) {
      say(`${one.text}: not in the archive`)
      continue
    }
    say(`${one.text}: ${kernel.release}`)
    await prepareKernel(archive, kernel)
    await guestPackages(one.machine)
    for (const algorithm of algorithms) jobs.push(guestTwins({ archive, kernel, wanted: one }, algorithm, options))
  }
  return jobs
}
