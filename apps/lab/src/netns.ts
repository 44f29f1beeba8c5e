import { writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { errno, errnoName, libcError, libcFunction } from '@tscc/syscall/libc'
import { labErrors, missingPrivilege } from './lab-errors.ts'

const CLONE_NEWNET = 0x4000_0000
const PR_SET_PDEATHSIG = 1
const PR_SET_TIMERSLACK = 29
const SIGKILL = 9
const SCHED_RR = 2

/**
 * Move the calling thread into a network namespace of its own, which the kernel removes with its devices when the
 * last process in it ends. Call it before any socket is made: sockets stay where they were made.
 */
export function enterNewNetns(): void {
  const unshare = libcFunction<[number]>('int unshare(int flags)')
  if (unshare(CLONE_NEWNET) === 0) return
  const error = errno()
  if (errnoName(error) === 'EPERM') throw missingPrivilege('CAP_SYS_ADMIN', 'network namespaces')
  throw libcError('unshare(CLONE_NEWNET)', error)
}

/** Ask the kernel to kill this process when `parent` ends, and end at once when that has happened already. */
export function dieWithParent(parent: number): void {
  const prctl = libcFunction<[number, number, number, number, number]>(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  )
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) throw libcError('prctl(PR_SET_PDEATHSIG)', errno())
  if (process.ppid !== parent) process.exit(0)
}

/**
 * Let this thread be woken on time: no timer slack, and the lowest real-time priority where the machine allows it.
 *
 * @returns whether the thread is a real-time one
 */
export function becomePunctual(): boolean {
  const prctl = libcFunction<[number, number, number, number, number]>(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  )
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
  const schedule = libcFunction<[number, number, Uint8Array]>(
    'int sched_setscheduler(int pid, int policy, const void *parameter)',
  )
  return schedule(0, SCHED_RR, Uint8Array.of(1, 0, 0, 0)) === 0
}

/** Let this process run before ordinary ones, where the machine allows it: traffic is to be limited by the path alone. */
export function preferThisProcess(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST)
  } catch {} // without CAP_SYS_NICE a busy machine shows in the figures
}

/**
 * Write a value below /proc/sys/net of this thread's namespace.
 *
 * @returns false where this kernel has no such setting
 */
export function setNetSysctl(name: string, value: string | number): boolean {
  try {
    writeFileSync(`/proc/sys/net/${name}`, String(value))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

/** The index of a device in this thread's namespace. */
export function deviceIndex(device: string): number {
  const index = libcFunction<[string]>('unsigned int if_nametoindex(const char *name)')(device)
  if (index === 0) throw labErrors.make('device', { device })
  return index
}
