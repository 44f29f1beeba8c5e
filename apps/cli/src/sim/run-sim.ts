import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { LabRun } from '@tscc/lab'
import { collectRuns, type SimPlan, type SimResult, simErrors } from '@tscc/sim'
import { cliErrors } from '../cli-errors.ts'
import { planOf } from './sim-job.ts'
import type { SimJob, SimReply } from './worker-protocol.ts'

/** The compiled entry point, found alike from src and from dist. */
const workerEntry = join(
  dirname(createRequire(import.meta.url).resolve('@tscc/cli/package.json')),
  'dist/sim-worker.js',
)

/** Where a simulation is: simulated ms of all runs together. */
export interface SimProgress {
  readonly done: number
  readonly total: number
  readonly runs: number
  readonly of: number
  readonly events: number
}

/** How to run, and how to follow it. */
export interface RunSimOptions {
  /** Threads; default: one for each CPU. */
  readonly jobs?: number
  readonly signal: AbortSignal
  readonly onProgress: (progress: SimProgress) => void
}

/** Simulate in threads: each takes the next run when it has made one. The result is the same however many there are. */
export async function runSim(job: SimJob, options: RunSimOptions): Promise<SimResult> {
  const plan = planOf(job)
  const threads = Math.max(1, Math.min(options.jobs ?? availableParallelism(), plan.runs.length))
  const workers = Array.from({ length: threads }, () => new Worker(workerEntry, { workerData: job }))
  try {
    return collectRuns(plan, await allRuns(plan, workers, options))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function allRuns(plan: SimPlan, workers: readonly Worker[], options: RunSimOptions): Promise<readonly LabRun[]> {
  const { signal, onProgress } = options
  const { duration } = plan.scenario
  const runs: LabRun[] = []
  const elapsed = new Map<number, number>()
  const count = { next: 0, events: 0 }
  const tell = (): void => {
    let done = runs.length * duration
    for (const time of elapsed.values()) done += time
    const total = plan.runs.length * duration
    onProgress({ done, total, runs: runs.length, of: plan.runs.length, events: count.events })
  }
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(simErrors.make('aborted', {}))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    for (const worker of workers) {
      const give = (): void => {
        if (count.next < plan.runs.length) worker.postMessage(count.next++)
      }
      worker.on('error', reject)
      worker.on('message', (message: SimReply) => {
        if (message.kind === 'progress') elapsed.set(message.index, message.elapsed)
        else if (message.kind === 'failed')
          reject(cliErrors.make('simulation', { run: message.index + 1, why: message.message }))
        else {
          const { cost, ...run } = message.run
          elapsed.delete(message.index)
          runs.push(run)
          count.events += cost.events
          if (runs.length === plan.runs.length) resolve(runs)
          else give()
        }
        tell()
      })
      give()
    }
    tell()
  })
}
