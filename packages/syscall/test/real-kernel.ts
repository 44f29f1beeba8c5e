import { effectiveCapabilities, hostKernel, missingCapabilities } from '@tscc/syscall'

/** Why tests on the real kernel cannot run here; undefined where they must. */
export function realKernelObstacle(): string | undefined {
  if (process.platform !== 'linux') return `not Linux, found ${process.platform}`
  if (process.arch !== 'x64' && process.arch !== 'arm64') return `not x64 or arm64, found ${process.arch}`
  const held = effectiveCapabilities(hostKernel())
  const missing =
    held === undefined ? ['procfs'] : missingCapabilities(held, ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_ADMIN'])
  return missing.length === 0 ? undefined : `lacks ${missing.join(', ')}`
}

/** `describe.skipIf(skipReal('map'))`: prints the reason when it skips. */
export function skipReal(what: string): boolean {
  const obstacle = realKernelObstacle()
  if (obstacle !== undefined) console.warn(`${what}: skipped on the real kernel: ${obstacle}`)
  return obstacle !== undefined
}

/** `r0 = 0; exit`. */
export const returnZero = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)

/** `r0 = r1; exit` hands out a pointer. */
export const returnPointer = Uint8Array.of(0xbf, 0x10, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)

/** A u32 as bytes of this machine. */
export function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer)
}

/** A u64 as bytes of this machine. */
export function u64(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer)
}

/** The thrown value of `run`. */
export function caught(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
