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
