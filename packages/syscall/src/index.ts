export {
  type AttachAnchor,
  type AttachedPrograms,
  type AttachOrder,
  type AttachPlace,
  attachCgroup,
  attachProgram,
  bpfAttachFlags,
  detachProgram,
  openCgroup,
  openRawTracepoint,
  queryPrograms,
  readIterator,
} from './attach.ts'
export { type Attr, type AttrValues, nativeLittleEndian, writeAttr } from './attr.ts'
export { type BpfOutcome, bpfError, callBpf, tryBpf } from './bpf-call.ts'
export {
  type BpfAttachType,
  type BpfLinkType,
  type BpfMapType,
  type BpfProgramType,
  bpfAttachTypes,
  bpfLinkTypes,
  bpfMapTypes,
  bpfProgramTypes,
} from './bpf-types.ts'
export { type BtfObject, loadBtf, ownBtf } from './btf-object.ts'
export { buildKey, type CacheFile, cacheFile, contentKey } from './cache-file.ts'
export {
  type Capability,
  effectiveCapabilities,
  missingCapabilities,
  parseCapabilities,
  programCapabilities,
} from './capabilities.ts'
export { cgroupId, cgroupPath, cgroupPaths, cgroupRoot } from './cgroup.ts'
export { type BpfCommand, bpfCommands } from './commands.ts'
export type { Descriptor } from './descriptor.ts'
export { type ErrnoName, errnoMeaning, errnoName, errnoNumber, errnoTable } from './errno.ts'
export { type FakeCall, type FakeHandlers, type FakeKernel, fakeKernel } from './fake-kernel.ts'
export { type Feature, type Features, probeFeatures } from './features.ts'
export { hostKernel } from './host-kernel.ts'
export {
  btfIds,
  linkIds,
  mapIds,
  openBtfById,
  openLinkById,
  openMapById,
  openProgramById,
  ownMapFd,
  ownProgramFd,
  programIds,
} from './ids.ts'
export {
  type BtfInfo,
  btfBytes,
  btfInfo,
  type Info,
  type LinkInfo,
  linkInfo,
  type MapInfo,
  mapInfo,
  type ProgramInfo,
  programCode,
  programInfo,
  programMapIds,
} from './info.ts'
export type { Kernel } from './kernel.ts'
export { type KernelFiles, kernelFiles, versionCode } from './kernel-files.ts'
export { type KernelRelease, kernelRelease, olderThan } from './kernel-release.ts'
export { createLink, detachLink, type Link, type LinkSpec, ownLink, updateLink } from './link.ts'
export { type LoadedObject, type LoadPlanOptions, loadPlan, openModuleBtf } from './load-object.ts'
export type { LoadableMap, LoadableProgram, LoadPlan } from './load-plan.ts'
export { type BpfMap, bpfMapFlags, createMap, freezeMap, type MapShape, type MapSpec, ownMap } from './map.ts'
export { type BatchOptions, deleteBatch, lookupBatches, type MapBatch, takeBatches, updateBatch } from './map-batch.ts'
export {
  bpfUpdateFlags,
  deleteElement,
  lookupElement,
  mapKeys,
  nextKey,
  takeElement,
  updateElement,
} from './map-element.ts'
export { type MappedValues, mapValues } from './map-memory.ts'
export type { MapMemoryOptions, MappedMemory } from './mapped-memory.ts'
export { openPinnedLink, openPinnedMap, openPinnedProgram, pinObject } from './pin.ts'
export {
  makePinFolder,
  type PinnedObject,
  pinExists,
  pinNames,
  pinnedObject,
  pinnedObjects,
  removePin,
  removePinFolder,
  renamePin,
  withPinFolderLock,
} from './pin-folder.ts'
export { type LoadProgramOptions, loadProgram, type Program, type ProgramBtf, type ProgramSpec } from './program.ts'
export { type RingBufferReader, ringBufferReader } from './ring-buffer.ts'
export { enableStats } from './stats.ts'
export {
  type BpfErrorContext,
  type BtfErrorContext,
  type ErrnoContext,
  syscallErrors,
  type VerifierErrorContext,
} from './syscall-errors.ts'
export {
  allowedCongestionControls,
  availableCongestionControls,
  congestionControl,
  defaultCongestionControl,
  isCongestionControlName,
  setCongestionControl,
} from './tcp-congestion.ts'
export { parseTcpInfo, type TcpInfo, tcpInfo } from './tcp-info.ts'
export { type TcpInfoField, tcpInfoFields, tcpInfoSize } from './tcp-info-fields.ts'
export { type TestRunInput, type TestRunResult, testRun } from './test-run.ts'
export {
  type FieldName,
  type HelperName,
  type ProgramNames,
  type VerifierAdvice,
  verifierAdvice,
} from './verifier-advice.ts'
export { parseVerifierLog, type VerifierReport } from './verifier-log.ts'
export { type BtfIdentity, btfIdentity, parseBuildId, readVmlinuxBtf } from './vmlinux-btf.ts'
