export { type ErrnoName, errnoMeaning, errnoName, errnoNumber, errnoTable } from './errno.ts'
export {
  addressOf,
  callLibc,
  errno,
  type LibcArgument,
  libcError,
  libcFunction,
  viewMemory,
} from './libc-function.ts'
export { type MapMemoryOptions, type MappedMemory, mapMemory } from './mapped-memory.ts'
export { type ErrnoContext, syscallErrors } from './syscall-errors.ts'
