import { readdirSync, readFileSync } from 'node:fs'
import type { Scenario } from '@tscc/experiment'
import { effectiveCapabilities, hostKernel } from '@tscc/syscall'

/** Why this process cannot make network namespaces; empty where it can, and tests must then pass. */
export function whyNoNetwork(): string {
  if (process.platform !== 'linux') return `needs Linux, found ${process.platform}`
  const held = effectiveCapabilities(hostKernel())
  const needed = ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN', 'CAP_NET_RAW'] as const
  const missing = needed.filter((name) => held?.has(name) !== true)
  const reason = missing.length === 0 ? '' : `needs ${missing.join(', ')}: run as root`
  if (reason !== '') console.warn(`skipped: ${reason}`)
  return reason
}

/** 20 Mbit/s, 20 ms round trip, one bandwidth-delay product of buffer. */
export const path20 = { rate: 20e6, delay: 10, buffer: 50_000, loss: 0, mtu: 1500 }

/** A short scenario over the user-space link. */
export function scenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    path: path20,
    link: 'user',
    mode: 'compare',
    flows: 1,
    duration: 3000,
    repeat: 1,
    interval: 10,
    warmup: 1000,
    seed: 1,
    ...changes,
  }
}

/** Processes of experiments that run now (not those that ended and wait to be reaped), by their title. */
export function labProcesses(parent?: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        if (state === 'Z' || (parent !== undefined && Number(ppid) !== parent)) return false
        return stat.includes('(tscc lab ')
      } catch {
        return false
      }
    })
}

/** Mean of a column from `from` ms on. */
export function meanFrom(time: readonly number[], values: readonly number[], from: number): number {
  const picked = values.filter((_, i) => (time[i] ?? 0) >= from)
  return picked.reduce((sum, value) => sum + value, 0) / picked.length
}
