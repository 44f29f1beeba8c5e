import type { SimResult } from '@tscc/sim'
import type { Output } from '../output/output.ts'
import { runSim } from '../sim/run-sim.ts'
import { simJob } from '../sim/sim-options.ts'
import { simProgress } from '../sim/sim-progress.ts'
import { stopSignal } from '../stop-signal.ts'

/** Algorithms of tscc that the simulated demo compares. */
const names = ['reno', 'cubic', 'bbr'] as const

/** The demo's comparison without privileges: the same path, simulated. */
export async function runDemoSim(duration: number, output: Output): Promise<SimResult> {
  const job = await simJob(names, {
    path: '20mbit 40ms 1bdp',
    flows: 1,
    seeds: 1,
    seed: 1,
    duration,
    interval: 10,
    stagger: 0,
    plot: 'both',
  })
  const signal = stopSignal()
  const progress = simProgress(output)
  try {
    return await runSim(job, { signal, onProgress: progress.show })
  } finally {
    progress.end()
    signal.release()
  }
}
