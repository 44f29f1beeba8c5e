export {
  type CallbackParameter,
  type CallbackSignature,
  callbackSignatures,
  type StructOpsLayout,
  type StructOpsMember,
  signatureText,
  structOpsLayout,
  structOpsNames,
} from '@tscc/btf'
export { btfResolver, tcpSockOffset } from './btf-resolver.ts'
export {
  CALLBACK_BEFORE,
  CALLBACK_SINCE,
  type CallbackInfo,
  callbackInfo,
  missingCallbacks,
  type TcpCallback,
  tcpCongestionOpsCallbacks,
} from './building-blocks/callbacks.ts'
export { IN_ACK_EVENT_FLAGS, TCP_CA_EVENTS, TCP_CA_STATES, TCP_CONG_FLAGS } from './building-blocks/constants.ts'
export {
  loadCaState,
  loadCwnd,
  loadEnum,
  loadField,
  loadPacketsOut,
  loadPrivate,
  loadSrtt,
  loadSsthresh,
  storeCwnd,
  storeField,
  storePrivate,
  storeSsthresh,
  tcpSockLoadU8,
  tcpSockLoadU16,
  tcpSockLoadU32,
  tcpSockLoadU64,
  tcpSockStoreU8,
  tcpSockStoreU16,
  tcpSockStoreU32,
  tcpSockStoreU64,
} from './building-blocks/fields.ts'
export {
  type ProgramInfo,
  structOpsProgramInfo,
  structOpsSectionName,
  tcpCongestionOpsProgramInfo,
  tcpCongestionOpsSectionName,
} from './building-blocks/metadata.ts'
export {
  minimalCongAvoidProgram,
  minimalInitProgram,
  minimalReleaseProgram,
  minimalSsthreshProgram,
  minimalUndoCwndProgram,
  passthroughSsthreshProgram,
  slowStartCongAvoidProgram,
} from './building-blocks/programs.ts'
export {
  callbackPrologue,
  congAvoidPrologue,
  congControlPrologue,
  cwndEventPrologue,
  cwndEventTxStartPrologue,
  inAckEventPrologue,
  initPrologue,
  minTsoSegsPrologue,
  pktsAckedPrologue,
  prologue,
  releasePrologue,
  setStatePrologue,
  sndbufExpandPrologue,
  ssthreshPrologue,
  undoCwndPrologue,
} from './building-blocks/prologue.ts'
export { returnImm, returnR0, returnReg, returnVoid } from './building-blocks/returns.ts'
export { aimdSsthresh, incrementCwnd, slowStartCheck } from './building-blocks/window.ts'
export { describeStep } from './describe-step.ts'
export { structOpsErrors } from './errors.ts'
export type {
  CallbackName,
  EnumConstant,
  EnumName,
  FieldOfSize,
  KernelEnums,
  KernelStructOps,
  KernelStructs,
  ScalarField,
  StorableField,
  StructName,
  StructOpsName,
} from './kernel-types.ts'
export { type BoundStructOps, type LinkedProgram, type LinkedStructOps, linkStructOps, originOf } from './link.ts'
export { type CachedResolver, cachedResolver, type ResolvedAnswers, type Resolver } from './resolver.ts'
export {
  type AccessSize,
  DEFAULT_LICENSE,
  type Step,
  type Steps,
  type StructOpsSpec,
  type SymbolicStep,
} from './spec.ts'
