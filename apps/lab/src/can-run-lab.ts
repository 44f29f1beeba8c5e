import { existsSync } from 'node:fs'
import { type Capability, effectiveCapabilities, hostKernel } from '@tscc/syscall'
import { hostEntry, launchHost } from './host/launch.ts'

/** Something that this machine or process lacks for an experiment, and what to do about it. */
export interface MissingForLab {
  readonly what: string
  readonly mend: string
}

/** Whether experiments can run here. */
export interface LabReadiness {
  readonly ok: boolean
  readonly missing: readonly MissingForLab[]
}

const capabilities: readonly (readonly [Capability, string])[] = [
  ['CAP_SYS_ADMIN', 'network namespaces'],
  ['CAP_NET_ADMIN', 'network devices'],
  ['CAP_NET_RAW', 'the user-space link'],
]

/** Find out by looking at this process, then by making a namespace and a device, which vanish again (about 0.2 s). */
export async function canRunLab(): Promise<LabReadiness> {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64'))
    return found([
      { what: `Linux on x64 or arm64, found ${process.platform} on ${process.arch}`, mend: 'use such a host' },
    ])
  if (!existsSync(hostEntry)) return found([{ what: hostEntry, mend: 'build the package (tsc -b)' }])
  const held = effectiveCapabilities(hostKernel())
  const lacking = capabilities.filter(([name]) => held !== undefined && !held.has(name))
  if (lacking.length > 0)
    return found(lacking.map(([name, use]) => ({ what: `${name} (for ${use})`, mend: 'run it as root' })))
  try {
    const host = await launchHost('router')
    try {
      const mac = (last: number) => Uint8Array.of(2, 0, 0, 0, 0, last)
      const far = { name: 'far', mac: mac(2), pid: host.pid }
      await host.call('create-veth', { near: { name: 'near', mac: mac(1) }, far, mtu: 1500 })
      return found([])
    } finally {
      await host.kill()
    }
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    return found([{ what, mend: 'allow network namespaces and load the kernel module veth (modprobe veth)' }])
  }
}

function found(missing: readonly MissingForLab[]): LabReadiness {
  return { ok: missing.length === 0, missing }
}
