export { type Algorithm, algorithms, type LanguageAlgorithm, type StepsAlgorithm } from './algorithms.ts'
export { ECN_COUNTER_STATE, ecnCounter } from './ecn-counter.ts'
export { reno } from './reno.ts'
export { vegasStyle } from './vegas-style.ts'
