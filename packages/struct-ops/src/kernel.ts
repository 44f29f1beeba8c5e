export { type HostResolver, hostResolver } from './kernel/host-resolver.ts'
export { type LinkHereOptions, linkHere } from './kernel/link-here.ts'
export {
  type LoadableStructOps,
  type LoadedPrograms,
  type RegistrableStructOps,
  verifyStructOps,
} from './kernel/load-programs.ts'
export { renameStructOps, structOpsOf, withStructOpsData } from './kernel/object-struct-ops.ts'
export {
  DEFAULT_PIN_FOLDER,
  findStructOps,
  isRegistered,
  listStructOps,
  openPinnedStructOps,
  type RecordOptions,
  type StructOpsRecord,
  unregisterStructOps,
} from './kernel/records.ts'
export {
  attachStructOps,
  type Registration,
  registerPrepared,
  registerStructOps,
  swapStructOps,
} from './kernel/register.ts'
export { replaceStructOps } from './kernel/replace.ts'
export { deleteRegistration, type PreparedStructOps, prepareStructOps, type RegisterBy } from './kernel/value-map.ts'
