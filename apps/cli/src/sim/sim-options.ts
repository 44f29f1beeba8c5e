import { encodeBtf } from '@tscc/btf'
import { parseSimPath, parseTrace, type SimSpec, traceRate } from '@tscc/sim'
import { loadSources, objectOf } from '../algorithm/load-source.ts'
import { loadBtf } from '../btf/load-btf.ts'
import { readInput } from '../files.ts'
import { warmupOf } from '../lab/lab-options.ts'
import type { PrintLabOptions } from '../lab/run-lab-here.ts'
import type { SimJob } from './worker-protocol.ts'

/** Options of `tscc sim`, parsed; times in ms. */
export interface SimOptions extends PrintLabOptions {
  readonly path: string
  readonly trace?: string
  readonly flows: number
  readonly seeds: number
  readonly seed: number
  readonly duration: number
  readonly warmup?: number
  readonly interval: number
  readonly share?: true
  readonly stagger: number
  readonly size?: number
  readonly on?: number
  readonly off?: number
  readonly fq?: true
  readonly tso?: number
  readonly kernel?: string
  readonly btf?: string
  readonly jobs?: number
  readonly svg?: string
  readonly compare?: 'native'
}

/** The options as data that a simulation is made of. */
export function simSpec(options: SimOptions): Omit<SimSpec, 'algorithms'> {
  const { duration, warmup = warmupOf(duration), size, on, off, tso } = options
  const path = parseSimPath(options.path)
  const trace = options.trace === undefined ? undefined : parseTrace(new TextDecoder().decode(readInput(options.trace)))
  return {
    path: trace === undefined ? path : { ...path, trace, rate: traceRate(trace) },
    mode: options.share ? 'share' : 'compare',
    flows: options.flows,
    duration,
    warmup,
    seeds: options.seeds,
    seed: options.seed,
    interval: options.interval,
    stagger: options.stagger,
    ...(size === undefined ? {} : { size }),
    ...(on === undefined ? {} : { onOff: { on, off: off ?? on } }),
    host: { ...(options.fq ? { fq: true } : {}), ...(tso === undefined ? {} : { gsoMaxSegs: tso }) },
  }
}

/** All that a worker has to know. Labels are those of the command line, each once. */
export async function simJob(names: readonly string[], options: SimOptions): Promise<SimJob> {
  const spec = simSpec(options)
  const sources = await loadSources(names)
  const kernel = options.btf === undefined ? options.kernel : encodeBtf(loadBtf(options.btf))
  return { spec, kernel, sources: sources.map((source) => ({ label: source.label, object: objectOf(source) })) }
}
