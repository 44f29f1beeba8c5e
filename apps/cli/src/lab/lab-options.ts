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
import { hostResolver, type RegistrableStructOps } from '@tscc/struct-ops/kernel'
import { availableCongestionControls, type Kernel } from '@tscc/syscall'
import { isSource, type LoadedSource, loadSources } from '../algorithm/load-source.ts'
import type { LoadedObjectFile } from '../algorithm/loaded-object.ts'
import { onlyOne, openStructOps } from '../algorithm/open-struct-ops.ts'
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
  readonly qdisc?: string
  readonly seed: number
}

/** Slow start is left out of the figures, and of a short run a fifth. */
export function warmupOf(duration: number): number {
  return Math.min(defaultScenario.warmup, duration / 5)
}

/** The scenario that the options describe. */
export function labScenario(options: LabOptions): Scenario {
  const { duration, repeat, flows, interval, seed, qdisc } = options
  const link = qdisc === undefined ? options.link : 'qdisc'
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
  const isLinked = (name: string): boolean => !name.startsWith(KERNEL) && isSource(name)
  const sources = await loadSources(names.filter(isLinked))
  let next = 0
  return names.flatMap((name) => {
    const source = isLinked(name) ? sources[next++] : undefined
    if (source !== undefined) return sourceRequests(name, source)
    return [kernelRequest(kernel, name.startsWith(KERNEL) ? name.slice(KERNEL.length) : name, name)]
  })
}

/** One request, or, of a file with several algorithms, one for each. */
function sourceRequests(name: string, source: LoadedSource): readonly AlgorithmRequest[] {
  const { label } = source
  if ('object' in source) {
    const { compiled } = source
    const names = compiled?.module?.ops.map((ops) => ops.name) ?? []
    const open = (only: string | undefined) => (host: Kernel, cc: string) => openObject(host, source, only, cc)
    if (names.length < 2) return [{ kind: 'loadable', label, open: open(undefined) }]
    return names.map((one) => ({ kind: 'loadable', label: one, open: open(one) }))
  }
  const { spec } = source
  if (spec.type !== 'tcp_congestion_ops')
    throw cliErrors.make('bad-module', { path: name, why: `is a ${spec.type}, the lab measures tcp_congestion_ops` })
  return [{ kind: 'spec', label, spec }]
}

async function openObject(
  kernel: Kernel,
  source: LoadedObjectFile,
  only: string | undefined,
  name: string,
): Promise<{ readonly ops: RegistrableStructOps; close(): void }> {
  const sides = { resolver: () => hostResolver(kernel), target: undefined }
  const opened = await openStructOps(kernel, source, sides, { name, only: only === undefined ? undefined : [only] })
  const ops = onlyOne(source, opened)
  const { type } = ops.spec
  if (type === 'tcp_congestion_ops') return { ops, close: opened.close }
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
