import type { Kernel } from './kernel.ts'

/** A kernel version, with the whole release string: `6.18.44-amd64`. */
export interface KernelRelease {
  readonly major: number
  readonly minor: number
  readonly release: string
}

/** The running kernel's release; undefined where procfs cannot be read. For messages and workarounds: probe for features. */
export function kernelRelease(kernel: Kernel): KernelRelease | undefined {
  const bytes = kernel.readFile('/proc/sys/kernel/osrelease')
  if (bytes === undefined) return undefined
  const release = new TextDecoder().decode(bytes).trim()
  const match = /^(\d{1,4})\.(\d{1,4})/.exec(release)
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]), release }
}

/** Whether a release is known and older than a version such as `5.11`. */
export function olderThan(release: KernelRelease | undefined, version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return release !== undefined && (release.major < major || (release.major === major && release.minor < minor))
}
