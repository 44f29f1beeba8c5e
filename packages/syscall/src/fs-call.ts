import { errnoName, errnoNumber } from './errno.ts'
import { syscallErrors } from './syscall-errors.ts'

/** The errno of what a call of node:fs threw; EIO where it has none. */
export function systemErrorNumber(error: unknown): number {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return Math.abs(error.errno)
  return errnoNumber('EIO')
}

/** Run a call of node:fs; its failure is `syscall/libc` with the call and the errno. */
export function fsCall<T>(call: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    const errno = systemErrorNumber(error)
    throw syscallErrors.make('libc', { call, errno, name: errnoName(errno) }, error)
  }
}
