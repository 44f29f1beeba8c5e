export type {
  AckSample,
  CongestionControl,
  RateSample,
  ReceiverActions,
  SimAlgorithm,
} from './cc/congestion-control.ts'
export { renoReference } from './cc/reno.ts'
export {
  createNetwork,
  defaultHost,
  type FlowSpec,
  type HostSettings,
  type Network,
  type NetworkSpec,
  type SimFlow,
} from './network.ts'
export { parseSimPath, parseTrace, simPathGrammar, traceRate } from './path/parse-path.ts'
export type { QueueKind, SimPath } from './path/path-spec.ts'
export { referenceEntry } from './reference.ts'
export { simErrors } from './sim-errors.ts'
export {
  collectRuns,
  planSimulation,
  type RunCost,
  type RunOptions,
  type SimEntry,
  type SimPlan,
  type SimResult,
  type SimSpec,
  simulate,
  simulateRun,
} from './simulate.ts'
export { type BytecodeOptions, bytecodeEntries } from './vm/bytecode.ts'
export { defaultKernel, kernelReleases } from './vm/kernels.ts'
