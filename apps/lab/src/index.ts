export { type ExperimentOptions, type ExperimentResult, planRuns, runExperiment } from './experiment.ts'
export { labErrors } from './lab-errors.ts'
