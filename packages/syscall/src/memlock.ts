import type { Kernel } from './kernel.ts'
import { kernelRelease, olderThan } from './kernel-release.ts'

const tried: WeakSet<Kernel> = new WeakSet()

/**
 * Lift RLIMIT_MEMLOCK, once per kernel and only where it matters: kernels before 5.11 charge maps and programs to it
 * and answer EPERM when it is used up. True when it was lifted by this call.
 */
export function raiseMemlockOnce(kernel: Kernel): boolean {
  if (tried.has(kernel)) return false
  tried.add(kernel)
  const release = kernelRelease(kernel)
  if (release !== undefined && !olderThan(release, '5.11')) return false
  return kernel.raiseMemlock() === 0
}
