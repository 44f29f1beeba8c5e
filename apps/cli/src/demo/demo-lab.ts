import {
  type AlgorithmRequest,
  canRunLab,
  defaultScenario,
  hasCongestionControl,
  type LabResult,
  parsePath,
  type Scenario,
} from '@tscc/lab'
import { hostKernel, type Kernel, probeFeatures } from '@tscc/syscall'
import { labRequests, warmupOf } from '../lab/lab-options.ts'
import { runLabHere } from '../lab/run-lab-here.ts'
import type { Output } from '../output/output.ts'

/** Something that keeps a machine from the whole demo. */
export interface Lack {
  readonly what: string
  readonly mend: string
}

/** A path on which loss-based algorithms, with one BDP of buffer, differ visibly from BBR; two interleaved rounds. */
export const demoScenario: Scenario = {
  ...defaultScenario,
  path: parsePath('20mbit 40ms 1bdp'),
  duration: 6000,
  repeat: 2,
}

/** tscc's Reno, and the kernel's algorithms beside it. */
const ours = 'reno'
const native = ['reno', 'cubic', 'bbr'] as const

/** Measure; kernel algorithms that are not there are left out, with a note. */
export async function runDemoLab(kernel: Kernel, duration: number, output: Output): Promise<LabResult> {
  const present = native.filter((name) => hasCongestionControl(kernel, name))
  for (const name of native.filter((candidate) => !present.includes(candidate)))
    output.note(`left out ${name}: this kernel does not have it`)
  const requests: readonly AlgorithmRequest[] = await labRequests(kernel, [
    ours,
    ...present.map((name) => `kernel:${name}`),
  ])
  const seconds = Math.round((duration / 1000) * demoScenario.repeat * requests.length)
  output.note(`${requests.length} algorithms, 20 Mbit/s and 40 ms of round trip, about ${seconds + 5} s`)
  return runLabHere(kernel, { ...demoScenario, duration, warmup: warmupOf(duration) }, requests, output)
}

/** What this machine or process lacks for {@link runDemoLab}; empty when it can. */
export async function whatIsMissing(): Promise<readonly Lack[]> {
  const lab = await canRunLab()
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return lab.missing
  const features = probeFeatures(hostKernel())
  const needs = [
    [features.vmlinuxBtf, 'kernel BTF', 'use a kernel with CONFIG_DEBUG_INFO_BTF=y'],
    [features.capBpf, 'CAP_BPF', 'run it as root: sudo npx tscc demo'],
    [features.capPerfmon, 'CAP_PERFMON', 'run it as root: sudo npx tscc demo'],
  ] as const
  const lacking = needs.filter(([feature]) => !feature.supported)
  const missing = lacking.map(([feature, name, mend]): Lack => ({ what: `${name}: ${feature.why}`, mend }))
  if (missing.length === 0 && !features.programStructOps.supported)
    missing.push({ what: `struct_ops: ${features.programStructOps.why}`, mend: 'tscc doctor says more' })
  return [...missing, ...lab.missing]
}
