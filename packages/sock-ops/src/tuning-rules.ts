import { addressWords, MAPPED_BITS } from './address.ts'
import { checkCcName, checkPort, checkRange, U32_MAX } from './checks.ts'
import { sockOpsErrors } from './errors.ts'
import { maskBytes, type Prefix, parsePrefix } from './prefix.ts'

/** Bits of the two families: of 32 and of 128. */
export interface PrefixLengths {
  readonly ipv4: number
  readonly ipv6: number
}

/** How the initial window is learned from what connections of a subnet delivered. */
export interface LearnedWindow {
  /** Bounds, segments. */
  readonly lower: number
  readonly upper: number
  /** Half of what is above `lower` is forgotten in this time, s. Default 600. */
  readonly halfLifeSeconds?: number
  /** What a subnet is. Default 24 and 48 bits. */
  readonly subnet?: PrefixLengths
}

/** Connections, and what is different about them. What is absent is left alone. */
export interface TuningRule {
  /** Prefixes of the peer; default: all. The longest that fits decides. */
  readonly to?: string | readonly string[]
  /** Port of the service: the peer's where this end connects, our own where it accepts. One with a port goes before one without. */
  readonly port?: number
  /** Only where both ends are within one prefix of this length: one data centre. */
  readonly sameWithin?: Partial<PrefixLengths>
  /** Until a SYN or SYN-ACK is sent again for the first time, ms (TIMEOUT_INIT); ticks of the kernel are the finest that it takes. */
  readonly synRtoMs?: number
  /** Segments that the peer may send at once (RWND_INIT). */
  readonly initialReceiveWindow?: number
  /** Segments that this end sends at once (TCP_BPF_IW). */
  readonly initialWindow?: number
  /** The most that the window, and the slow start threshold, ever is, segments (TCP_BPF_SNDCWND_CLAMP). */
  readonly clamp?: number
  /** Bytes, as setsockopt(2) takes them: the kernel keeps twice as much. */
  readonly sendBuffer?: number
  readonly receiveBuffer?: number
  /** Least retransmission timeout, ms, at most 200 (TCP_BPF_RTO_MIN). */
  readonly rtoMinMs?: number
  /** Longest that an acknowledgement is delayed, ms, at most 200 (TCP_BPF_DELACK_MAX). */
  readonly delackMaxMs?: number
  /** For congestion controls that ask for it (BASE_RTT), us. */
  readonly baseRttUs?: number
  /** Congestion control. Where there is none of this name the connection keeps its own, and `counts.ccMissing` says so. */
  readonly cc?: string
  /** Ask for ECN (NEEDS_ECN), whatever the sysctl says. */
  readonly ecn?: boolean
  /** Congestion control where both ends do ECN: `dctcp`. */
  readonly ecnCc?: string
  /** `initialWindow` holds until something is learned. */
  readonly learn?: LearnedWindow
}

/** A rule of the map. */
export interface RuleKey {
  readonly prefixlen: number
  readonly port: number
  readonly address: readonly number[]
}

/** What it says. */
export interface RuleValue {
  readonly [field: string]: number | readonly number[]
}

/** One prefix of one rule. */
export interface CompiledRule {
  readonly key: RuleKey
  readonly value: RuleValue
  /** Of the rule among its likes, for messages. */
  readonly name: string
}

const FLAGS = { ecn: 1, within: 2, learn: 4 } as const
const PORT_BITS = 32
const EVERYWHERE = ['0.0.0.0/0', '::/0'] as const
/** What the kernel itself uses: beyond it nothing is taken (include/net/tcp.h). */
const LONGEST_MS = 200
const TCP_MAX_WSCALE_WINDOW = 1 << 30

/** Rules as the map has them; `tickUs` is what the kernel counts time in. */
export function compileRules(rules: readonly TuningRule[], tickUs: number): readonly CompiledRule[] {
  const found = new Map<string, CompiledRule>()
  for (const [i, rule] of rules.entries()) {
    const name = `rules[${i}]`
    const to = rule.to === undefined ? EVERYWHERE : typeof rule.to === 'string' ? [rule.to] : rule.to
    const prefixes = to.map((text, j) => parsePrefix(text, `${name}.to${to.length > 1 ? `[${j}]` : ''}`))
    const port = rule.port === undefined ? 0 : checkPort(`${name}.port`, rule.port)
    for (const prefix of prefixes) {
      const key = { prefixlen: PORT_BITS + prefix.bits, port, address: addressWords(prefix.address) }
      const other = found.get(keyText(key))
      if (other !== undefined) throw sockOpsErrors.make('duplicate', { rule: name, other: other.name })
      found.set(keyText(key), { key, value: ruleValue(rule, prefix, name, tickUs), name })
    }
  }
  return [...found.values()]
}

/** Equal for equal keys. */
export const keyText = ({ prefixlen, port, address }: RuleKey): string => `${prefixlen} ${port} ${address.join()}`

function ruleValue(rule: TuningRule, prefix: Prefix, name: string, tickUs: number): RuleValue {
  const number = (field: keyof TuningRule, max: number, unit: string, min = 1): number => {
    const value = rule[field]
    return typeof value === 'number' ? checkRange(`${name}.${field}`, value, { min, max, unit }) : 0
  }
  // Two ticks are the least that the kernel takes, and what is between ticks becomes the next.
  const leastMs = Math.ceil((2 * tickUs) / 1000)
  const short = (field: 'rtoMinMs' | 'delackMaxMs'): number => 1000 * number(field, LONGEST_MS, 'ms', leastMs)
  const { learn, sameWithin } = rule
  const lengths = (given: Partial<PrefixLengths> | undefined, field: string): readonly number[] => {
    const own = given?.[prefix.family]
    const most = prefix.family === 'ipv4' ? 32 : 128
    if (own === undefined) return [0, 0, 0, 0]
    checkRange(`${name}.${field}.${prefix.family}`, own, { min: 0, max: most, unit: 'bits' })
    return addressWords(maskBytes(own + (prefix.family === 'ipv4' ? MAPPED_BITS : 0)))
  }
  const bound = (field: 'lower' | 'upper', min: number): number =>
    learn === undefined ? 0 : checkRange(`${name}.learn.${field}`, learn[field], { min, max: 65_535, unit: 'segments' })
  const lower = bound('lower', 1)
  return {
    syn_rto: Math.max(0, Math.round((1000 * number('synRtoMs', 120_000, 'ms')) / tickUs)),
    rwnd: number('initialReceiveWindow', 65_535, 'segments'),
    iw: number('initialWindow', 65_535, 'segments'),
    clamp: number('clamp', 1 << 24, 'segments'),
    sndbuf: number('sendBuffer', TCP_MAX_WSCALE_WINDOW, 'bytes'),
    rcvbuf: number('receiveBuffer', TCP_MAX_WSCALE_WINDOW, 'bytes'),
    rto_min: short('rtoMinMs'),
    delack_max: short('delackMaxMs'),
    base_rtt: number('baseRttUs', U32_MAX >>> 1, 'us'),
    flags:
      (rule.ecn === true ? FLAGS.ecn : 0) |
      (sameWithin === undefined ? 0 : FLAGS.within) |
      (learn === undefined ? 0 : FLAGS.learn),
    lower,
    upper: bound('upper', Math.max(1, lower)),
    half_life:
      learn === undefined
        ? 0
        : checkRange(`${name}.learn.halfLifeSeconds`, learn.halfLifeSeconds ?? 600, {
            min: 1,
            max: U32_MAX,
            unit: 's',
          }),
    same: lengths(sameWithin, 'sameWithin'),
    subnet: lengths(learn === undefined ? undefined : (learn.subnet ?? { ipv4: 24, ipv6: 48 }), 'learn.subnet'),
    cc: nameBytes(rule.cc, `${name}.cc`),
    ecn_cc: nameBytes(rule.ecnCc, `${name}.ecnCc`),
  }
}

function nameBytes(name: string | undefined, field: string): readonly number[] {
  if (name === undefined) return []
  return [...new TextEncoder().encode(checkCcName(field, name))]
}
