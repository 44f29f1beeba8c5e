import { parentPort, workerData } from 'node:worker_threads'
import { simulateRun } from '@tscc/sim'
import { planOf } from './sim/sim-job.ts'
import type { SimJob, SimReply } from './sim/worker-protocol.ts'

// A thread that simulates the runs it is told to, one after another.
const plan = planOf(workerData as SimJob) // what run-sim.ts starts it with
const reply = (message: SimReply): void => parentPort?.postMessage(message)

parentPort?.on('message', (index: number) => {
  try {
    const run = simulateRun(plan, index, { onProgress: (elapsed) => reply({ kind: 'progress', index, elapsed }) })
    reply({ kind: 'run', index, run })
  } catch (error) {
    reply({ kind: 'failed', index, message: error instanceof Error ? error.message : String(error) })
  }
})
