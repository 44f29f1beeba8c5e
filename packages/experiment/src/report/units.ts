import type { LabAlgorithm, LabResult } from '../model.ts'

/** A unit that a whole column or axis is shown in: divide by `divisor`, print with `digits` decimals. */
export interface Unit {
  readonly name: string
  readonly divisor: number
  readonly digits: number
}

/** Decimals that leave three to four significant digits of the largest value. */
const digitsFor = (largest: number): number => (largest >= 1000 ? 0 : largest >= 100 ? 1 : 2)

const pickUnit = (largest: number, scales: readonly (readonly [name: string, divisor: number])[]): Unit => {
  const [name, divisor] = scales.find(([, scale]) => largest >= scale) ?? scales.at(-1) ?? ['', 1]
  return { name, divisor, digits: digitsFor(largest / divisor) }
}

/** The unit for rates up to `largest` bit/s. */
export const rateUnit = (largest: number): Unit =>
  pickUnit(largest, [
    ['Gbit/s', 1e9],
    ['Mbit/s', 1e6],
    ['kbit/s', 1e3],
    ['bit/s', 1],
  ])

/** The unit for times up to `largest` ms. */
export const timeUnit = (largest: number): Unit =>
  pickUnit(largest, [
    ['s', 10_000],
    ['ms', 1],
    ['µs', 1e-3],
  ])

/** Congestion windows, segments. */
export const segmentUnit = (largest: number): Unit => ({ name: 'segments', divisor: 1, digits: largest >= 100 ? 1 : 2 })

/** The number alone, without its unit's name; a dash when there is none. */
export const inUnit = (value: number, unit: Unit): string =>
  Number.isFinite(value) ? (value / unit.divisor).toFixed(unit.digits) : '–'

/** At most three significant digits, no trailing zeros: `9.5`, `120`, `0.01`. */
const short = (value: number): string => String(Number(value.toPrecision(3)))

const withUnit = (value: number, unit: Unit): string => `${short(value / unit.divisor)} ${unit.name}`

/** `10 Mbit/s`. */
export const rateWords = (rate: number): string => withUnit(rate, rateUnit(rate))

/** `40 ms`, from ms. */
export const timeWords = (time: number): string =>
  time >= 1000 ? `${short(time / 1000)} s` : time === 0 ? '0 ms' : withUnit(time, timeUnit(time))

/** `50 kB`. */
export const bytesWords = (bytes: number): string =>
  withUnit(
    bytes,
    pickUnit(bytes, [
      ['MB', 1e6],
      ['kB', 1e3],
      ['B', 1],
    ]),
  )

/** `0.1 %`, from 0..1. */
export const percentWords = (share: number): string => `${short(share * 100)} %`

/** `2026-01-02 03:04:05 UTC`, from ISO 8601 in UTC. */
export const instantWords = (iso: string): string => iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')

/** Where an algorithm's code comes from: the kernel itself, tscc in this run, or a registration that was there before. */
export const originWords = (origin: LabAlgorithm['origin']): string => (origin === 'native' ? 'kernel' : origin)

/** Where flows ran. */
export const kernelWords = ({ link, kernel }: Pick<LabResult, 'link' | 'kernel'>): string =>
  link === 'sim' ? `simulated, types of Linux ${kernel}` : `Linux ${kernel}`

const linkWords = { netem: 'netem and tbf', user: 'user-space link', qdisc: 'qdisc', sim: 'simulated' } as const

/** Facts about the experiment, in reading order, for a caption or a definition list. */
export const scenarioFacts = (result: LabResult): readonly (readonly [term: string, fact: string])[] => {
  const { path, mode, flows, duration, repeat, warmup, interval, seed } = result.scenario
  const bdp = (path.rate / 8) * ((2 * path.delay) / 1000)
  const inBdp = bdp > 0 ? ` (${short(path.buffer / bdp)} BDP)` : ''
  return [
    ['rate', rateWords(path.rate)],
    ['RTT', timeWords(2 * path.delay)],
    ['buffer', `${bytesWords(path.buffer)}${inBdp}`],
    ['loss', percentWords(path.loss)],
    ['ECN', path.ecnThreshold === undefined ? 'no marking' : `CE above ${bytesWords(path.ecnThreshold)}`],
    ['MTU', `${path.mtu} B`],
    ...(result.facts ?? []),
    ['link', `${linkWords[result.link]}${result.qdisc === undefined ? '' : ` ${result.qdisc}`}`],
    ['mode', mode === 'share' ? 'all share the link' : 'each alone'],
    ['flows', `${flows} of each`],
    ['runs', `${repeat} of ${timeWords(duration)}`],
    ['figures', `from ${timeWords(warmup)} on`],
    ['samples', `every ${timeWords(interval)}`],
    ['seed', String(seed)],
    ['kernel', result.kernel],
    ...(result.link === 'sim'
      ? []
      : ([
          ['machine', result.machine],
          ['started', instantWords(result.startedAt)],
        ] as const)),
  ]
}
