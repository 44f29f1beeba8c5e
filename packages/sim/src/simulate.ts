import {
  checkScenario,
  defaultScenario,
  type LabAlgorithm,
  type LabResult,
  type LabRun,
  type Scenario,
  seededRandom,
  summarise,
} from '@tscc/experiment'
import type { SimAlgorithm } from './cc/congestion-control.ts'
import { createNetwork, defaultHost, type FlowSpec, type HostSettings, type Network } from './network.ts'
import { checkSimPath, parseSimPath } from './path/parse-path.ts'
import type { SimPath } from './path/path-spec.ts'
import { factsOf } from './plan-facts.ts'
import { createRecorder } from './recorder.ts'
import { simErrors } from './sim-errors.ts'

/** An algorithm to be simulated. */
export interface SimEntry {
  /** What tables call it; each of a simulation has its own. */
  readonly label: string
  /** `tscc`: bytecode; `reference`: TypeScript of the simulator itself. */
  readonly origin: 'tscc' | 'reference'
  /** The kernel whose types it was linked to; absent where it is no program. */
  readonly kernel?: string
  /** A fresh one for each run: nothing of a run is left for the next. */
  create(seed: number): SimAlgorithm
}

/** What is to be simulated. Times in ms. */
export interface SimSpec {
  readonly algorithms: readonly SimEntry[]
  /** Text as `tscc sim --path` takes it, or data. Default: 50mbit 40ms 1bdp. */
  readonly path?: string | SimPath
  /** Each algorithm alone on the path (`compare`, the default), or all at once (`share`). */
  readonly mode?: 'compare' | 'share'
  /** Flows of each algorithm. Default 1. */
  readonly flows?: number
  /** Default 10 s. */
  readonly duration?: number
  /** Runs of each, with seeds that follow each other. Default 1. */
  readonly seeds?: number
  /** Of the first run. Default 1. */
  readonly seed?: number
  /** Time between samples. Default 10. */
  readonly interval?: number
  /** Left out of the figures. Default 2 s, or a fifth of a short run. */
  readonly warmup?: number
  /** The flows start one after another, this far apart. Default 0. */
  readonly stagger?: number
  /** Bytes of each flow; absent: flows without end. */
  readonly size?: number
  /** Each flow sends for `on`, is silent for `off`, and so on. */
  readonly onOff?: { readonly on: number; readonly off: number }
  readonly host?: Partial<HostSettings>
}

/** What was simulated: as the lab's result; the seed says all there is to know about when. */
export type SimResult = LabResult

/** A spec with everything in its place. */
export interface SimPlan {
  readonly spec: SimSpec
  readonly path: SimPath
  readonly scenario: Scenario
  readonly labAlgorithms: readonly LabAlgorithm[]
  readonly host: HostSettings
  /** What each run has: its round, and which algorithms. */
  readonly runs: readonly { readonly round: number; readonly algorithms: readonly number[] }[]
}

/** Check a spec and say which runs it comes to. Throws `sim/…` and `experiment/scenario`. */
export function planSimulation(spec: SimSpec): SimPlan {
  const {
    algorithms,
    path: given = '50mbit 40ms 1bdp',
    mode = 'compare',
    flows = 1,
    duration = 10_000,
    seeds = 1,
  } = spec
  const { seed = 1, interval = 10, warmup = Math.min(defaultScenario.warmup, duration / 5), stagger = 0 } = spec
  const path = typeof given === 'string' ? parseSimPath(given) : given
  checkSimPath(path)
  const labAlgorithms = algorithms.map(({ label, origin }) => ({ label, cc: label.slice(0, 15), origin }))
  const { rate, delay, buffer, loss, mtu, ecnThreshold } = path
  const scenario: Scenario = {
    path: { rate, delay, buffer, loss, mtu, ...(ecnThreshold === undefined ? {} : { ecnThreshold }) },
    link: 'auto',
    mode,
    flows,
    duration,
    repeat: seeds,
    interval,
    warmup,
    seed,
  }
  checkScenario({ ...scenario, path: { ...defaultScenario.path, mtu } }, labAlgorithms)
  const labels = new Set(algorithms.map(({ label }) => label))
  if (labels.size < algorithms.length)
    throw simErrors.make('path', {
      field: 'algorithms',
      value: algorithms.map(({ label }) => label).join(', '),
      limit: 'labels of their own',
    })
  if (!(stagger >= 0)) throw simErrors.make('path', { field: 'stagger', value: String(stagger), limit: 'at least 0' })
  if (spec.size !== undefined && !(spec.size >= 1 && spec.size <= 1e15))
    throw simErrors.make('path', { field: 'size', value: String(spec.size), limit: 'in 1..1e15' })
  const all = algorithms.map((_, index) => index)
  const runs = Array.from({ length: seeds }, (_, round) =>
    mode === 'share' ? [{ round, algorithms: all }] : all.map((index) => ({ round, algorithms: [index] })),
  ).flat()
  return { spec, path, scenario, labAlgorithms, host: { ...defaultHost, ...spec.host }, runs }
}

/** How to follow a run, and how to end it early. */
export interface RunOptions {
  /** Called about each 100 ms of simulated time, with ms; what it throws ends the run. */
  readonly onProgress?: (elapsed: number) => void
}

/** How fast a run was. */
export interface RunCost {
  readonly events: number
  /** Packets that were under way at the end: memory follows them. */
  readonly packets: number
}

/** Simulate one run of a plan. The same plan and index give the same run, byte for byte. */
export function simulateRun(
  plan: SimPlan,
  index: number,
  options: RunOptions = {},
): LabRun & { readonly cost: RunCost } {
  const { spec, path, scenario, host } = plan
  const run = plan.runs[index]
  if (run === undefined) throw new RangeError(`run ${index}: there are ${plan.runs.length}`)
  const seed = (scenario.seed + run.round) >>> 0
  const entries = run.algorithms.flatMap((at) => spec.algorithms[at] ?? [])
  const made = entries.map((entry) => entry.create(seed))
  // As in the lab: the flows of algorithms take turns.
  const flows = Array.from({ length: scenario.flows }, (_, nth) =>
    made.map((algorithm, at) => ({
      algorithm,
      label: entries[at]?.label ?? '',
      start: startOf(spec, nth * made.length + at, seed),
    })),
  ).flat()
  const network = createNetwork({ path, flows: flows.map((flow) => flowSpec(spec, flow)), host, seed })
  const { duration, interval, warmup } = scenario
  const expected = Math.ceil(duration / interval) + 2
  const recorders = flows.map((_, id) => createRecorder(network, id, expected))
  const atWarmup = { waited: 0, forwarded: 0 }
  let told = 0
  let warm = false
  for (let n = 0; ; n++) {
    const time = Math.min(n * interval, duration)
    if (!warm && time >= warmup) {
      network.run(warmup)
      const { waited, forwarded } = network.counters()
      Object.assign(atWarmup, { waited, forwarded })
      warm = true
    }
    network.run(time)
    for (const recorder of recorders) recorder.add(time)
    if (options.onProgress !== undefined && time - told >= 100) {
      told = time
      options.onProgress(time)
    }
    if (time >= duration) break
  }
  network.close()
  const { forwarded, droppedFull, droppedRandom, markedCe, maxQueue, waited } = network.counters()
  const later = forwarded - atWarmup.forwarded
  return {
    index,
    round: run.round,
    labels: entries.map(({ label }) => label),
    flows: flows.map(({ label, start }, id) => ({
      label,
      cc: label.slice(0, 15),
      flow: id,
      ...(recorders[id] ?? createRecorder(network, id, 0)).columns(),
      ...completionOf(network, id, start),
    })),
    link: {
      forwarded,
      droppedFull,
      droppedRandom,
      markedCe,
      maxQueue,
      meanWait: later > 0 ? (waited - atWarmup.waited) / later / 1e6 : 0,
    },
    cost: { events: network.events, packets: network.packetsUnderWay() },
  }
}

function startOf({ stagger = 0 }: SimSpec, flow: number, seed: number): number {
  // Up to a millisecond apart at random, so that flows of one start do not move in lockstep.
  return flow * stagger + (flow === 0 ? 0 : seededRandom(seed, 100 + flow)())
}

function flowSpec(
  { size, onOff }: SimSpec,
  flow: { readonly algorithm: SimAlgorithm; readonly start: number },
): FlowSpec {
  return {
    algorithm: flow.algorithm,
    start: flow.start,
    ...(size === undefined ? {} : { size }),
    ...(onOff === undefined ? {} : { onOff }),
  }
}

function completionOf(network: Network, id: number, start: number): { readonly completion?: number } {
  const completed = network.flows[id]?.completed ?? -1
  return completed < 0 ? {} : { completion: completed - start }
}

/** A result from the runs of a plan, in any order. */
export function collectRuns(plan: SimPlan, runs: readonly LabRun[]): SimResult {
  const { scenario, labAlgorithms, spec } = plan
  const ordered = [...runs].sort((a, b) => a.index - b.index)
  const kernels = new Set(spec.algorithms.flatMap(({ kernel }) => kernel ?? []))
  return {
    scenario,
    link: 'sim',
    kernel: kernels.size === 0 ? 'none' : [...kernels].join(', '),
    machine: '',
    startedAt: '',
    algorithms: labAlgorithms,
    runs: ordered,
    summary: summarise(scenario, labAlgorithms, ordered),
    facts: factsOf(plan),
  }
}

/** Simulate, one run after another. */
export function simulate(
  spec: SimSpec,
  options: { readonly onRun?: (index: number, total: number) => void } = {},
): SimResult {
  const plan = planSimulation(spec)
  const runs = plan.runs.map((_, index) => {
    options.onRun?.(index, plan.runs.length)
    const { cost: _cost, ...run } = simulateRun(plan, index)
    return run
  })
  return collectRuns(plan, runs)
}
