// The simulator beside real kernels: node conformance/kernels/sim-truth.mjs --help
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { algorithms } from '@tscc/algos'
import { bytecodeEntries, defaultKernel, kernelReleases, planSimulation, simulateRun } from '@tscc/sim'
import { archiveOf, prepareKernel } from './lib/debian-kernels.mjs'
import { guestPackages } from './lib/guest-packages.mjs'
import { judgeTruth, limits, shapeOf } from './lib/sim-truth-judge.mjs'
import { meanOf, measureNative, scenarioOf, truths } from './lib/sim-truth-run.mjs'
import { parseWanted, pickKernel } from './lib/wanted-kernels.mjs'
import { twinFigures } from './suites/twin-figures.mjs'

const figuresFile = join(import.meta.dirname, 'sim-truth.json')

const usage = `usage: node conformance/kernels/sim-truth.mjs [options]

Simulates each algorithm on the paths on which real kernels were measured, and prints how far both are apart: goodput at most
${limits.goodput * 100} %, mean queueing delay ${limits.queue * 100} %, the distributions of windows ${limits.distance * 100} %.

  --measure           measure the kernels' own algorithms anew, in guests under QEMU, and keep the figures in
                      conformance/kernels/sim-truth.json; without it, the figures kept are compared with
  --kernels A,B       kernels to measure, as for run.mjs [6.12]
  --algorithms A,B    only these of ${Object.keys(truths).join(', ')}
  --paths A,B         of these, only what is on these paths
  --duration SECONDS  of each run that is measured [12]
  --rounds N          measured runs of each, beside one that is not [1]
  --json              rows as JSON
  --help

Exit code: 0 all within the limits, 1 some not, 2 wrong usage or a tool that is missing.
`

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))

const say = (text) => process.stderr.write(`${text}\n`)

process.exitCode = await main().catch((error) => {
  say(error instanceof Error ? error.message : String(error))
  return stop.signal.aborted ? 130 : 2
})

async function main() {
  const { values } = parseArgs({
    options: {
      measure: { type: 'boolean', default: false },
      kernels: { type: 'string', default: '6.12' },
      algorithms: { type: 'string', default: Object.keys(truths).join(',') },
      paths: { type: 'string' },
      duration: { type: 'string', default: '12' },
      rounds: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const names = values.algorithms.split(',')
  const only = values.paths?.split(',')
  const unknown = names.find((name) => !Object.hasOwn(truths, name))
  if (unknown !== undefined)
    throw new Error(`--algorithms: ${unknown}: expected one of ${Object.keys(truths).join(', ')}`)
  if (values.measure)
    await measure(values.kernels.split(','), names, {
      duration: 1000 * Number(values.duration),
      rounds: Number(values.rounds),
      only,
    })
  const rows = []
  for (const measured of JSON.parse(readFileSync(figuresFile, 'utf8')))
    if (names.includes(measured.algorithm) && (only === undefined || only.includes(measured.path))) {
      const simulated = await simulate(measured)
      rows.push({ ...measured, simulated, ...judgeTruth(simulated, measured) })
    }
  process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : tableOf(rows))
  return rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1
}

/** Kernel by kernel and algorithm by algorithm, what was measured is kept at once. */
async function measure(kernels, names, { duration, rounds, only }) {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-truth-'))
  try {
    for (const wanted of kernels.map(parseWanted)) {
      const archive = archiveOf(wanted.machine, { now: false, say })
      const kernel = pickKernel(wanted, archive.kernels)
      if (kernel === undefined) throw new Error(`${wanted.text}: not in the archive`)
      await prepareKernel(archive, kernel)
      await guestPackages(wanted.machine)
      for (const name of names) {
        const options = { folder, signal: stop.signal, say, duration, rounds, only }
        keep(await measureNative({ archive, kernel, wanted }, name, options))
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function keep(rows) {
  const key = ({ kernel, algorithm, path }) => `${kernel} ${algorithm} ${path}`
  const all = new Map(JSON.parse(readFileSync(figuresFile, 'utf8')).map((row) => [key(row), row]))
  for (const row of rows) all.set(key(row), row)
  const sorted = [...all.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => JSON.stringify(row, short))
  writeFileSync(figuresFile, `[\n  ${sorted.join(',\n  ')}\n]\n`)
}

function short(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}

/** The same scenario, simulated, linked to the same series of kernels where its types come with the simulator. */
async function simulate({ algorithm, path, link, kernel, duration, runs = 1 }) {
  const { object } = algorithms.find(({ name }) => name === algorithm)
  const scenario = scenarioOf(path, { duration })
  const release = kernelReleases.find((one) => kernel.startsWith(`${one}.`)) ?? defaultKernel
  const entries = bytecodeEntries(await object(), { label: algorithm, kernel: release })
  // tbf takes two frames at once, or a millisecond's worth: see the lab's topology
  const burst = Math.max(2 * (scenario.path.mtu + 14), Math.round(scenario.path.rate / 8000))
  const plan = planSimulation({
    algorithms: entries,
    path: link === 'netem' ? { ...scenario.path, burst } : scenario.path,
    duration,
    warmup: scenario.warmup,
    interval: scenario.interval,
    // The guest's first round is not measured; each has a seed of its own, and the lab's link loses the same segments of it.
    seed: scenario.seed + 1,
    seeds: runs,
  })
  const made = plan.runs.map((_, index) => simulateRun(plan, index))
  const figures = meanOf(made.map((run) => twinFigures(scenario, run, algorithm)))
  return { ...figures, shape: shapeOf(made[0].flows[0], scenario) }
}

function tableOf(rows) {
  const percent = (share) => `${share < 0 ? '−' : '+'}${(Math.abs(share) * 100).toFixed(1)} %`
  const heads = [
    'kernel',
    'algorithm',
    'path',
    'goodput, Mbit/s',
    'gap',
    'queue, ms',
    'gap',
    'mean cwnd',
    'gap',
    'windows',
    '',
  ]
  const lines = rows.map((row) => [
    row.kernel.replace(/-.*$/, ''),
    row.algorithm,
    row.path,
    `${(row.goodput / 1e6).toFixed(3)} / ${(row.simulated.goodput / 1e6).toFixed(3)}`,
    percent(row.gaps.goodput),
    `${row.queue.toFixed(2)} / ${row.simulated.queue.toFixed(2)}`,
    percent(row.gaps.queue),
    `${row.cwndMean.toFixed(2)} / ${row.simulated.cwndMean.toFixed(2)}`,
    percent(row.gaps.cwnd),
    `${(row.gaps.distance * 100).toFixed(1)} %`,
    row.ok ? 'ok' : 'APART',
  ])
  const widths = heads.map((head, n) => Math.max(head.length, ...lines.map((line) => line[n].length)))
  const text = [heads, ...lines].map((line) =>
    line
      .map((cell, n) => cell.padEnd(widths[n]))
      .join('  ')
      .trimEnd(),
  )
  const apart = rows.filter(({ ok }) => !ok).length
  return `${text.join('\n')}\n\nkernel / simulator; ${rows.length - apart} within the limits, ${apart} apart\n`
}
