export { sockOpsErrors } from './errors.ts'
export {
  createHandover,
  type Handover,
  type HandoverCounts,
  type HandoverEntry,
  type HandoverPeer,
  type HandoverState,
  type MonotonicClock,
} from './handover.ts'
export {
  createTuning,
  type LearnedSubnet,
  MAX_TUNING_PREFIXES,
  type Tuning,
  type TuningCounts,
} from './tuning.ts'
export type { LearnedWindow, PrefixLengths, TuningRule } from './tuning-rules.ts'
