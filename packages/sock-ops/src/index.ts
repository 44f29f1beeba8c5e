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

export { createMaxDelack, type MaxDelack, type MaxDelackCounts, type MaxDelackPeer } from './max-delack.ts'
export {
  type ArmFigures,
  type Comparison,
  type ConnectionFigures,
  compareArms,
  type FigureSums,
  figuresOfConnections,
  type Ratio,
} from './policy/figures.ts'

export {
  type Applied,
  applyPolicy,
  clearPolicy,
  editPolicy,
  type PolicyOptions,
  policyRules,
  type RuleState,
} from './policy/policy.ts'
export type { PolicyRule, RuleSide } from './policy/rule.ts'
export { POLICY_FOLDER } from './policy/store.ts'
export {
  createTuning,
  type LearnedSubnet,
  MAX_TUNING_PREFIXES,
  type Tuning,
  type TuningCounts,
} from './tuning.ts'
export type { LearnedWindow, PrefixLengths, TuningRule } from './tuning-rules.ts'
