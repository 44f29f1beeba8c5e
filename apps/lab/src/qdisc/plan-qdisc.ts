import type { PathSpec } from '@tscc/experiment'
import { type BpfObject, firstValues } from '@tscc/object'
import { labErrors } from '../lab-errors.ts'
import { ETHERNET } from '../link/frame.ts'

/** Values of a program's tunables, by name. */
export type QdiscSettings = Readonly<Record<string, bigint>>

/** What a program is set to: one copy of it for the data, and one for the acknowledgements where they are delayed. */
export interface QdiscPlan {
  readonly data: QdiscSettings
  readonly acknowledgements?: QdiscSettings
}

/** A property of the path that a program has to make, by the tunable that it is told by. */
interface Setting {
  readonly name: 'rate' | 'delay' | 'loss' | 'buffer'
  readonly type: 'u32' | 'u64'
  readonly unit: string
  readonly value: (path: PathSpec) => number
}

/** In the order in which they are asked for; what is 0 need not be made. */
const settings: readonly Setting[] = [
  { name: 'rate', type: 'u64', unit: 'bits per second', value: ({ rate }) => Math.round(rate) },
  { name: 'buffer', type: 'u32', unit: 'bytes that wait for the rate', value: ({ buffer }) => Math.round(buffer) },
  { name: 'delay', type: 'u64', unit: 'ns', value: ({ delay }) => Math.round(delay * 1e6) },
  {
    name: 'loss',
    type: 'u32',
    unit: 'of 2^32',
    value: ({ loss }) => Math.min(Math.round(loss * 2 ** 32), 0xffff_ffff),
  },
]

/**
 * What has to be set for a path in a program that is named `label`. Throws where it cannot make the path: it is no
 * qdisc (`lab/not-qdisc`), lacks a tunable (`lab/qdisc-tunable`), holds too few packets (`lab/qdisc-limit`), or the
 * path marks CE (`lab/qdisc-ecn`).
 */
export function planQdisc(object: BpfObject, label: string, path: PathSpec): QdiscPlan {
  const types = object.structOps.map(({ type }) => type)
  if (types.length !== 1 || types[0] !== 'Qdisc_ops')
    throw labErrors.make('not-qdisc', { label, found: types.join(', ') || 'no struct_ops' })
  if (path.ecnThreshold !== undefined) throw labErrors.make('qdisc-ecn', { label, threshold: path.ecnThreshold })
  const tunables = tunablesOf(object)
  const wanted = settings.filter(({ value }) => value(path) > 0)
  for (const { name, type, unit } of wanted)
    if (!tunables.has(name)) throw labErrors.make('qdisc-tunable', { label, name, type, unit })
  const limit = tunables.get('limit')
  const needed = packetsOf(path)
  if (limit !== undefined && needed > limit) throw labErrors.make('qdisc-limit', { label, limit, needed })
  const data = Object.fromEntries(wanted.map(({ name, value }) => [name, BigInt(value(path))]))
  const { delay } = data
  return { data, ...(delay === undefined ? {} : { acknowledgements: { delay } }) }
}

/** Full packets that are on their way or queued when the path is full. */
function packetsOf({ rate, delay, buffer, mtu }: PathSpec): number {
  return Math.ceil(((rate / 8000) * delay + buffer) / (mtu + ETHERNET))
}

/** Constants that are set before a program is loaded, and are whole numbers: their first values. */
function tunablesOf(object: BpfObject): ReadonlyMap<string, number> {
  return new Map(
    firstValues(object).flatMap(({ name, kind, value }) =>
      kind === 'rodata' && (typeof value === 'number' || typeof value === 'bigint') ? [[name, Number(value)]] : [],
    ),
  )
}
