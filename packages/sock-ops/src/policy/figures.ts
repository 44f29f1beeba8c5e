/** Sums over the connections of one arm of a rule, as the program keeps them (struct Figures), over all CPUs. */
export interface ArmFigures {
  /** Connections that were taken for it. */
  readonly matched: number
  /** … that did not get the congestion control, since the kernel has none of this name. */
  readonly failed: number
  /** … that have ended. */
  readonly ended: number
  /** Connections that the rest is about: those that have ended, and open ones where these were asked for. */
  readonly counted: number
  /** Bytes that were acknowledged. */
  readonly bytes: number
  readonly segments: number
  readonly retransmits: number
  /** Geometric mean of the smoothed round-trip times at the end, ms; undefined where no connection had one. */
  readonly rttMs: number | undefined
  /** Geometric mean of the last delivery rates, Mbit/s. */
  readonly rateMbps: number | undefined
  /** For the intervals of comparisons. */
  readonly sums: FigureSums
}

export interface FigureSums {
  readonly segments2: number
  readonly retransmits2: number
  readonly both: number
  readonly rtts: number
  readonly rtt: number
  readonly rtt2: number
  readonly rates: number
  readonly rate: number
  readonly rate2: number
}

/** Bytes of struct Figures: the rule's id and padding, then 15 64-bit sums. */
export const FIGURES_BYTES = 128

const NAMES = [
  'matched',
  'failed',
  'ended',
  'bytes',
  'segments',
  'retransmits',
  'segments2',
  'retransmits2',
  'both',
  'rtts',
  'rtt',
  'rtt2',
  'rates',
  'rate',
  'rate2',
] as const

/** Values of all CPUs, one behind the other, summed up; those of another rule do not count. */
export function decodeFigures(values: Uint8Array, rule: number): ArmFigures {
  const view = new DataView(values.buffer, values.byteOffset, values.length)
  const sums = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<(typeof NAMES)[number], number> // one for each name
  for (let at = 0; at + FIGURES_BYTES <= values.length; at += FIGURES_BYTES)
    if (view.getUint32(at, true) === rule)
      for (const [i, name] of NAMES.entries()) sums[name] += Number(view.getBigUint64(at + 8 + 8 * i, true))
  return armOf(sums, sums.ended)
}

type Totals = Readonly<Record<(typeof NAMES)[number], number>>

function armOf(sums: Totals, counted: number): ArmFigures {
  const { matched, failed, ended, bytes, segments, retransmits, ...rest } = sums
  const mean = (count: number, sum: number): number | undefined => (count === 0 ? undefined : 2 ** (sum / count / 1024))
  const rtt = mean(rest.rtts, rest.rtt)
  const rate = mean(rest.rates, rest.rate)
  return {
    matched,
    failed,
    ended,
    counted,
    bytes,
    segments,
    retransmits,
    rttMs: rtt === undefined ? undefined : rtt / 1000,
    rateMbps: rate === undefined ? undefined : (rate * 8) / 1e6,
    sums: rest,
  }
}

/** Values for all CPUs that count for a rule from now on. */
export function freshFigures(rule: number, bytes: number): Uint8Array {
  const values = new Uint8Array(bytes)
  const view = new DataView(values.buffer)
  for (let at = 0; at + FIGURES_BYTES <= bytes; at += FIGURES_BYTES) view.setUint32(at, rule, true)
  return values
}

/** What is known of one connection. */
export interface ConnectionFigures {
  /** Smoothed round-trip time, µs; 0: none. */
  readonly rttUs: number
  /** Delivery rate, bytes per second; 0: none. */
  readonly rate: number
  readonly bytes: number
  readonly segments: number
  readonly retransmits: number
}

/** Figures of connections that are at hand one by one. */
export function figuresOfConnections(connections: readonly ConnectionFigures[]): ArmFigures {
  const sum = (of: (one: ConnectionFigures) => number): number => connections.reduce((total, one) => total + of(one), 0)
  const logs = (of: (one: ConnectionFigures) => number): readonly number[] =>
    connections.flatMap((one) => (of(one) > 0 ? [1024 * Math.log2(of(one))] : []))
  const [rtts, rates] = [logs(({ rttUs }) => rttUs), logs(({ rate }) => rate)]
  const total = (values: readonly number[], power = 1): number => values.reduce((all, one) => all + one ** power, 0)
  return armOf(
    {
      matched: connections.length,
      failed: 0,
      ended: 0,
      bytes: sum(({ bytes }) => bytes),
      segments: sum(({ segments }) => segments),
      retransmits: sum(({ retransmits }) => retransmits),
      segments2: sum(({ segments }) => segments ** 2),
      retransmits2: sum(({ retransmits }) => retransmits ** 2),
      both: sum(({ segments, retransmits }) => segments * retransmits),
      rtts: rtts.length,
      rtt: total(rtts),
      rtt2: total(rtts, 2),
      rates: rates.length,
      rate: total(rates),
      rate2: total(rates, 2),
    },
    connections.length,
  )
}

/** Figures of an arm, with those of connections that it has besides. */
export function withConnections(arm: ArmFigures, connections: readonly ConnectionFigures[]): ArmFigures {
  if (connections.length === 0) return arm
  const more = figuresOfConnections(connections)
  const [a, b] = [totalsOf(arm), totalsOf(more)]
  const totals = Object.fromEntries(NAMES.map((name) => [name, a[name] + b[name]])) as unknown as Totals // one for each name
  const { matched, failed, ended } = arm
  return armOf({ ...totals, matched, failed, ended }, arm.counted + more.counted)
}

const totalsOf = ({ matched, failed, ended, bytes, segments, retransmits, sums }: ArmFigures): Totals => ({
  matched,
  failed,
  ended,
  bytes,
  segments,
  retransmits,
  ...sums,
})

/** How the connections that got something compare with those that did not: a ratio, with its 95 % confidence interval. */
export interface Ratio {
  readonly ratio: number
  readonly low: number
  readonly high: number
}

/** A comparison of two arms; a ratio is undefined where there is too little to say anything. */
export interface Comparison {
  readonly rtt: Ratio | undefined
  readonly rate: Ratio | undefined
  /** Of retransmitted segments per data segment. */
  readonly retransmits: Ratio | undefined
}

/** Of a normal distribution, both sides. */
const Z95 = 1.959964

/** Connections that an arm needs before intervals mean something. */
const FEWEST = 10

/**
 * Compare two arms, connection by connection as the unit: geometric means of RTT and delivery rate (log-normal), and the ratio
 * of retransmit shares (delta method for a ratio of sums).
 */
export function compareArms(test: ArmFigures, control: ArmFigures): Comparison {
  const logs = (count: 'rtts' | 'rates', sum: 'rtt' | 'rate', square: 'rtt2' | 'rate2'): Ratio | undefined => {
    const [a, b] = [test.sums, control.sums].map((one) => moments(one[count], one[sum] / 1024, one[square] / 1024 ** 2))
    if (a === undefined || b === undefined) return undefined
    return ratioOf(a.mean - b.mean, Math.sqrt(a.error2 + b.error2), 2)
  }
  const [a, b] = [test, control].map(retransmitShare)
  return {
    rtt: logs('rtts', 'rtt', 'rtt2'),
    rate: logs('rates', 'rate', 'rate2'),
    retransmits:
      a === undefined || b === undefined
        ? undefined
        : ratioOf(Math.log(a.share / b.share), Math.sqrt(a.relative2 + b.relative2), Math.E),
  }
}

/** Mean of a sample, and the square of its standard error. */
function moments(count: number, sum: number, square: number): { mean: number; error2: number } | undefined {
  if (count < FEWEST) return undefined
  const mean = sum / count
  const variance = Math.max(0, (square - count * mean * mean) / (count - 1))
  return { mean, error2: variance / count }
}

/** The share, and the square of its relative standard error. */
function retransmitShare({
  counted,
  segments,
  retransmits,
  sums,
}: ArmFigures): { share: number; relative2: number } | undefined {
  if (counted < FEWEST || segments === 0 || retransmits === 0) return undefined
  const share = retransmits / segments
  const residual2 = Math.max(0, sums.retransmits2 - 2 * share * sums.both + share * share * sums.segments2)
  return { share, relative2: ((residual2 / (counted - 1)) * counted) / retransmits ** 2 }
}

const ratioOf = (log: number, error: number, base: number): Ratio => ({
  ratio: base ** log,
  low: base ** (log - Z95 * error),
  high: base ** (log + Z95 * error),
})
