export type {
  AckSample,
  CongestionControl,
  RateSample,
  ReceiverActions,
  SimAlgorithm,
} from './cc/congestion-control.ts'
export { renoReference } from './cc/reno.ts'
export { createNetwork, defaultHost, type FlowSpec, type HostSettings, type Network, type NetworkSpec, type SimFlow } from './network.ts'
export type { QueueKind, SimPath } from './path/path-spec.ts'
