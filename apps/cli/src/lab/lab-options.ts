import { algorithms } from '@tscc/algos'
import { nearestNames } from '@tscc/core'
import {
  type AlgorithmRequest,
  defaultScenario,
  hasCongestionControl,
  type LinkKind,
  labErrors,
  type PathWords,
  parsePath,
  type Scenario,
} from '@tscc/lab'
import { hostResolver } from '@tscc/struct-ops/kernel'
import { availableCongestionControls, type Kernel } from '@tscc/syscall'
import { isSource, type LoadedObjectFile, loadSource } from '../algorithm/load-source.ts'
import { type OpenedStructOps, openStructOps } from '../algorithm/open-struct-ops.ts'
import { cliErrors } from '../cli-errors.ts'
import type { PrintLabOptions } from './run-lab-here.ts'

/** Options of `tscc lab`, parsed; times in ms. */
export interface LabOptions extends PathWords, PrintLabOptions {
  readonly path: string
  readonly duration: number
  readonly repeat: number
  readonly flows: number
  readonly share?: true
  readonly interval: number
  readonly warmup?: number
  readonly link: LinkKind | 'auto'
  readonly seed: number
}

/** Slow start is left out of the figures, and of a short run a fifth. */
export function warmupOf(duration: number): number {
  return Math.min(defaultScenario.warmup, duration / 5)
}

/** The scenario that the options describe. */
export function labScenario(options: LabOptions): Scenario {
  const { duration, repeat, flows, interval, link, seed } = options
  const words = pick(options, ['rate', 'rtt', 'buffer', 'loss', 'ecn'])
  return {
    path: parsePath(options.path, words),
    link,
    mode: options.share ? 'share' : 'compare',
    flows,
    duration,
    repeat,
    interval,
    warmup: options.warmup ?? warmupOf(duration),
    seed,
  }
}

function pick<Key extends keyof PathWords>(words: PathWords, keys: readonly Key[]): Pick<PathWords, Key> {
  const present = keys.filter((key) => words[key] !== undefined).map((key) => [key, words[key]])
  return Object.fromEntries(present) as Pick<PathWords, Key> // keys and values of the argument
}

const KERNEL = 'kernel:'

/** Names and modules as requests: tscc's own algorithms first, then modules, then what the kernel has. */
export async function labRequests(kernel: Kernel, names: readonly string[]): Promise<readonly AlgorithmRequest[]> {
  const requests: AlgorithmRequest[] = []
  for (const name of names) requests.push(await labRequest(kernel, name))
  return requests
}

async function labRequest(kernel: Kernel, name: string): Promise<AlgorithmRequest> {
  if (name.startsWith(KERNEL)) return kernelRequest(kernel, name.slice(KERNEL.length), name)
  if (isSource(name)) {
    const source = await loadSource(name)
    const { label } = source
    if ('object' in source) return { kind: 'loadable', label, open: (host, cc) => openObject(host, source, cc) }
    const { spec } = source
    if (spec.type !== 'tcp_congestion_ops')
      throw cliErrors.make('bad-module', { path: name, why: `is a ${spec.type}, the lab measures tcp_congestion_ops` })
    return { kind: 'spec', label, spec }
  }
  return kernelRequest(kernel, name, name)
}

async function openObject(kernel: Kernel, source: LoadedObjectFile, name: string): Promise<OpenedStructOps> {
  const sides = { resolver: () => hostResolver(kernel), target: undefined }
  const opened = await openStructOps(kernel, source, sides, { name })
  const { type } = opened.ops.spec
  if (type === 'tcp_congestion_ops') return opened
  opened.close()
  throw cliErrors.make('bad-object', { path: source.path, why: `is a ${type}, the lab measures tcp_congestion_ops` })
}

function kernelRequest(kernel: Kernel, cc: string, label: string): AlgorithmRequest {
  if (hasCongestionControl(kernel, cc)) return { kind: 'kernel', label, cc }
  const available = availableCongestionControls(kernel)
  if (label.startsWith(KERNEL)) throw labErrors.make('no-algorithm', { cc, name: 'ENOENT' })
  const known = [...algorithms.map((algorithm) => algorithm.name), ...available]
  throw cliErrors.make('unknown-algorithm', { name: cc, nearest: nearestNames(cc, known) })
}
