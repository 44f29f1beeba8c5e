// Algorithms beside their native twins on the same paths, in turn: native, ours, native, ours. What is to be run is in
// twins/plan.json beside the suites (../twins.mjs writes it); here it is measured, there it is judged. A plan of the native
// ones only is ../sim-truth.mjs's.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { canRunLab, hasCongestionControl, prepareAlgorithms, runExperiment } from '@tscc/lab'
import { linkHere, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { hostKernel, loadPlan } from '@tscc/syscall'
import { check, skipped } from './check.mjs'
import { twinFigures } from './twin-figures.mjs'

const kernel = hostKernel()
const folder = process.env.TSCC_TWINS ?? new URL('../twins', import.meta.url).pathname
const plan = JSON.parse(readFileSync(`${folder}/plan.json`, 'utf8'))
const labels = ['native', 'tscc']

/** Why there can be no path at all: a kernel whose modules are gone from the archive. Anything else is a failure. */
const noPath = (await canRunLab()).missing.find(({ what }) => what.includes('Unknown device type'))

for (const one of plan.algorithms)
  for (const path of plan.paths)
    if (path.only === undefined || path.only.includes(one.twin))
      await check(`${one.name}, ${path.name}`, one.feature === undefined ? {} : { feature: one.feature }, () =>
        compare(one, path),
      )

/** Both on one path: figures of every run, and the first measured runs over time. */
async function compare({ twin, file }, { scenario }) {
  if (noPath !== undefined) return skipped(`this kernel has no veth: ${noPath.what}`)
  // Built in, loaded already, or of no module's name: what counts is whether a socket can use it
  spawnSync('modprobe', [`tcp_${twin}`], { stdio: 'ignore' })
  if (!hasCongestionControl(kernel, twin)) return skipped(`this kernel has no ${twin}`)
  const open = (_, cc) => openObject(`${folder}/${file}`, cc)
  const sides = [
    { kind: 'kernel', label: labels[0], cc: twin },
    { kind: 'loadable', label: labels[1], open },
  ]
  const prepared = await prepareAlgorithms(kernel, plan.only === 'native' ? sides.slice(0, 1) : sides)
  try {
    return figuresOf(scenario, await runExperiment(scenario, prepared.algorithms))
  } finally {
    prepared.close()
  }
}

function figuresOf(scenario, { link, kernel, startedAt, runs }) {
  // The first round teaches the processes (code that is compiled, routes that are looked up), and is no one's
  const measured = runs.filter(({ round }) => round > 0)
  const figures = (label) =>
    measured.filter((run) => run.labels[0] === label).map((run) => twinFigures(scenario, run, label))
  return {
    ...{ link, kernel, startedAt },
    native: figures(labels[0]),
    tscc: figures(labels[1]),
    traces: measured.slice(0, plan.only === 'native' ? 1 : labels.length).map(traceOf),
  }
}

async function openObject(path, name) {
  const linked = await linkHere(kernel, new Uint8Array(readFileSync(path)), { programs: 'struct_ops' })
  const loaded = loadPlan(kernel, linked)
  try {
    const [ops] = structOpsOf(linked, loaded)
    return { ops: renameStructOps(ops, name), close: loaded.close }
  } catch (error) {
    loaded.close()
    throw error
  }
}

/** What the plots need, in few digits: it passes through a serial port. */
function traceOf({ labels: [label], flows: [flow] }) {
  const { time, cwnd, ssthresh, rtt } = flow
  return { label, time: time.map(Math.round), cwnd, ssthresh, rtt }
}
