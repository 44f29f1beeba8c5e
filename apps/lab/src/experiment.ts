import { hostname, release } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LabAlgorithm, LabProgress, LabResult, LabRun, Scenario } from '@tscc/experiment'
import { checkScenario } from '@tscc/experiment'
import { hostKernel } from '@tscc/syscall'
import { type Host, launchHost } from './host/launch.ts'
import type { FlowSpec, HostRole } from './host/protocol.ts'
import { labErrors } from './lab-errors.ts'
import { prepareQdisc, type QdiscProgram } from './qdisc/prepare-qdisc.ts'
import { buildTopology, needsNetem, type Topology } from './topology.ts'

const FIRST_PORT = 5201
/** Between two runs nothing is on the path; this long the hosts may answer what they had received, ms. */
const SETTLE = 30
const PROGRESS_EVERY = 200

/** How to follow an experiment, and how to end it early. */
export interface ExperimentOptions {
  /** Makes the path, for the scenario's link `qdisc` (or `auto`). */
  readonly qdisc?: QdiscProgram
  readonly onProgress?: (progress: LabProgress) => void
  readonly signal?: AbortSignal
}

/** Everything measured, before it is summarised. */
export type ExperimentResult = Omit<LabResult, 'summary'>

/** A run to be made: which algorithms send in it. */
interface PlannedRun {
  readonly round: number
  readonly algorithms: readonly LabAlgorithm[]
}

/** What every run of an experiment uses. */
interface RunningExperiment {
  readonly sender: Host
  readonly receiver: Host
  readonly topology: Topology
  readonly signal: AbortSignal | undefined
}

/** The order of runs: A B C, A B C …, or all of them at once in every round. */
export function planRuns(scenario: Scenario, algorithms: readonly LabAlgorithm[]): readonly PlannedRun[] {
  return Array.from({ length: scenario.repeat }, (_, round) =>
    scenario.mode === 'share'
      ? [{ round, algorithms }]
      : algorithms.map((algorithm) => ({ round, algorithms: [algorithm] })),
  ).flat()
}

/**
 * Measure algorithms on real TCP between network namespaces.
 *
 * All of it lives in child processes: whatever ends this one ends them, and the kernel removes what they made.
 * Rejects with `lab/aborted` when the signal says so. What {@link ExperimentOptions.qdisc} is lacks for the path, or the kernel
 * for it, is an error of its own (`lab/not-qdisc`, `lab/qdisc-tunable`, `lab/qdisc-limit`, `lab/qdisc-ecn`, `lab/no-qdisc-ops`).
 */
export async function runExperiment(
  scenario: Scenario,
  algorithms: readonly LabAlgorithm[],
  options: ExperimentOptions = {},
): Promise<ExperimentResult> {
  checkScenario(scenario, algorithms)
  checkLink(scenario, options)
  const { signal, onProgress = () => {} } = options
  const hosts: Host[] = []
  const killAll = (): Promise<unknown> => Promise.all(hosts.map((host) => host.kill()))
  const onAbort = (): void => {
    void killAll()
  }
  // Taken away after the processes that use it.
  using qdisc = options.qdisc === undefined ? undefined : await prepareQdisc(hostKernel(), options.qdisc, scenario.path)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal?.aborted === true) throw labErrors.make('aborted', {})
    const launch = async (role: HostRole): Promise<Host> => {
      const host = await launchHost(role)
      hosts.push(host)
      if (signal?.aborted === true) throw labErrors.make('aborted', {})
      return host
    }
    onProgress({ kind: 'setup', text: 'three network namespaces' })
    const startedAt = new Date().toISOString()
    const started = await Promise.allSettled([launch('sender'), launch('receiver'), launch('router')])
    const [sender, receiver, router] = started.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
    if (sender === undefined || receiver === undefined || router === undefined)
      throw new RangeError('experiment: three processes were started')
    const link = qdisc ?? (await chooseLink(scenario, router, onProgress))
    const topology = await buildTopology({ sender, receiver, router }, scenario.path, link, scenario.seed)
    const plan = planRuns(scenario, algorithms)
    const runs: LabRun[] = []
    for (const [index, planned] of plan.entries()) {
      const labels = planned.algorithms.map(({ label }) => label)
      const began = performance.now()
      const tell = (): void =>
        onProgress({
          kind: 'run',
          index,
          total: plan.length,
          labels,
          elapsed: Math.min(performance.now() - began, scenario.duration),
          duration: scenario.duration,
        })
      tell()
      const timer = setInterval(tell, PROGRESS_EVERY)
      try {
        runs.push(await runOnce(scenario, planned, index, { sender, receiver, topology, signal }))
      } finally {
        clearInterval(timer)
      }
    }
    onProgress({ kind: 'done' })
    const used = typeof link === 'string' ? { link } : { link: 'qdisc' as const, qdisc: link.label }
    return { scenario, ...used, kernel: release(), machine: hostname(), startedAt, algorithms, runs }
  } catch (error) {
    throw signal?.aborted === true && !labErrors.is(error, 'lab/aborted') ? labErrors.make('aborted', {}, error) : error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    await killAll()
  }
}

/** A program makes the path where there is one, and only then. */
function checkLink({ link }: Scenario, { qdisc }: ExperimentOptions): void {
  if (qdisc === undefined ? link !== 'qdisc' : link === 'qdisc' || link === 'auto') return
  const limit = qdisc === undefined ? 'auto, netem or user without a qdisc' : 'qdisc or auto with a qdisc'
  throw labErrors.make('scenario', { field: 'link', value: link, limit })
}

/** What `auto` means here. Marking needs the user-space link: the kernel's tbf cannot mark by a threshold. */
async function chooseLink(
  { link, path }: Scenario,
  router: Host,
  onProgress: (progress: LabProgress) => void,
): Promise<'user' | 'netem'> {
  if (link === 'user') return 'user'
  if (path.ecnThreshold !== undefined) {
    onProgress({ kind: 'setup', text: 'user-space link: netem cannot mark CE by queue length' })
    return 'user'
  }
  const reason = needsNetem(path) ? await router.call('probe-netem', null) : ''
  if (reason === '') return 'netem'
  if (link === 'netem') throw labErrors.make('no-netem', { reason })
  onProgress({ kind: 'setup', text: `user-space link: ${reason}` })
  return 'user'
}

/** Fresh listeners and connections, an empty path and, in a round, the same random losses for everyone. */
async function runOnce(
  scenario: Scenario,
  { round, algorithms }: PlannedRun,
  index: number,
  { sender, receiver, topology, signal }: RunningExperiment,
): Promise<LabRun> {
  const address = topology.receiverAddress
  const ports = algorithms.map(({ cc }, i) => ({ address, port: FIRST_PORT + i, cc }))
  await topology.reset((scenario.seed + round) >>> 0)
  await receiver.call('listen', ports)
  const flows: FlowSpec[] = Array.from({ length: scenario.flows }, (_, repeat) =>
    algorithms.map(({ label, cc, ecn = false }, i) => ({
      label,
      cc,
      address,
      port: FIRST_PORT + i,
      flow: repeat * algorithms.length + i,
      ecn,
    })),
  ).flat()
  const traces = await sender.call('send', { flows, duration: scenario.duration, interval: scenario.interval })
  const link = await topology.counters()
  await topology.reset(scenario.seed)
  await receiver.call('stop-listening', null)
  await sleep(scenario.path.delay * 2 + SETTLE, undefined, signal === undefined ? {} : { signal })
  return {
    index,
    round,
    labels: algorithms.map(({ label }) => label),
    flows: traces,
    ...(link === undefined ? {} : { link }),
  }
}
