import { bytecodeEntries, planSimulation, type SimPlan } from '@tscc/sim'
import type { SimJob } from './worker-protocol.ts'

/** The plan of a job: the same in the command and in each of its workers. Throws typed errors of sim, object and experiment. */
export function planOf({ sources, kernel, spec }: SimJob): SimPlan {
  const algorithms = sources.flatMap(({ label, object }) =>
    bytecodeEntries(object, { label, ...(kernel === undefined ? {} : { kernel }) }),
  )
  return planSimulation({ ...spec, algorithms })
}
