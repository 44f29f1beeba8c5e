import type { LabAlgorithm, LabResult, Scenario } from '@tscc/experiment'
import { summarise } from '@tscc/experiment'
import { type ExperimentOptions, runExperiment } from './experiment.ts'

/** Measure algorithms on real traffic ({@link runExperiment}) and add the table. */
export async function runLab(
  scenario: Scenario,
  algorithms: readonly LabAlgorithm[],
  options: ExperimentOptions = {},
): Promise<LabResult> {
  const result = await runExperiment(scenario, algorithms, options)
  return { ...result, summary: summarise(scenario, algorithms, result.runs) }
}
