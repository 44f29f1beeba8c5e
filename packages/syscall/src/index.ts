export { type ErrnoName, errnoMeaning, errnoName, errnoNumber, errnoTable } from './errno.ts'
export { type ErrnoContext, syscallErrors } from './syscall-errors.ts'
