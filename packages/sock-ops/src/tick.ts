import { callLibc } from '@tscc/syscall/libc'
import { sockOpsErrors } from './errors.ts'

const CLOCK_MONOTONIC_COARSE = 6

/** Microseconds of a tick of the running kernel (1000000 / CONFIG_HZ): the resolution of the clock that ticks advance. */
export function tickMicroseconds(): number {
  const time = new Uint8Array(16) // struct timespec
  callLibc('int clock_getres(int clock, void *time)', CLOCK_MONOTONIC_COARSE, time)
  const us = Number(new DataView(time.buffer).getBigInt64(8, true)) / 1000
  if (!(us >= 100 && us <= 100_000))
    throw sockOpsErrors.make('out-of-range', { field: 'tick', value: us, min: 100, max: 100_000, unit: 'us' })
  return us
}
