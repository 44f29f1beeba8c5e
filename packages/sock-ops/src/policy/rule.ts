import { checkCcName, checkRange } from '../checks.ts'
import { sockOpsErrors } from '../errors.ts'
import { maskBytes, type Prefix, parsePrefix } from '../prefix.ts'

/** Which connections get which congestion control. Absent parts are met by every connection. */
export interface PolicyRule {
  /** Of its own in the policy; 1 to 31 of `A-Z a-z 0-9 _ . -`. Its figures go by it, and who belongs to its share. */
  readonly name: string
  /** A congestion control that is registered, `bbr` or `ts_vegas`. */
  readonly use: string
  /** Remote networks in CIDR form, IPv4 or IPv6; any of them. */
  readonly to?: readonly string[]
  /** The port of the service, or its first and last: the remote one where we connect, the local one where we accept. */
  readonly port?: number | readonly [first: number, last: number]
  /** Who began: we (`connect`), the peer (`accept`). Default `both`. */
  readonly side?: RuleSide
  /** A cgroup v2, whose processes' sockets are meant, and of those below: a path, or one from its root on. Default: all. */
  readonly cgroup?: string
  /** How many of them, chosen by a hash of addresses and ports: 0.01 to 100. Default 100. */
  readonly percent?: number
}

export type RuleSide = 'connect' | 'accept' | 'both'

/** A network as the program compares it: 16 bytes each, IPv4 under ::ffff:0:0/96. */
export interface Network {
  readonly net: Uint8Array
  readonly mask: Uint8Array
}

/** A rule with everything said and checked. */
export interface CheckedRule {
  readonly name: string
  readonly use: string
  readonly to: readonly Network[]
  readonly ports: readonly [first: number, last: number]
  readonly side: RuleSide
  /** As it was said. */
  readonly cgroup?: string | undefined
  /** Of 10000 connections. */
  readonly share: number
}

const EVERYWHERE: Network = { net: new Uint8Array(16), mask: new Uint8Array(16) }

/** Check a rule; what is wrong is an error that names the field: `rules[2].to[0]`. */
export function checkRule(rule: PolicyRule, field: string): CheckedRule {
  const { name, use, to = [], port, side = 'both', cgroup, percent = 100 } = rule
  if (!/^[\w.-]{1,31}$/.test(name)) throw sockOpsErrors.make('rule-name', { field: `${field}.name`, name })
  checkCcName(`${field}.use`, use)
  const [first, last] = typeof port === 'number' ? [port, port] : (port ?? [0, 65_535])
  checkRange(`${field}.port`, first, { min: 0, max: 65_535 })
  checkRange(`${field}.port`, last, { min: first, max: 65_535 })
  if (!(percent >= 0.01 && percent <= 100))
    throw sockOpsErrors.make('out-of-range', {
      field: `${field}.percent`,
      value: percent,
      min: 0.01,
      max: 100,
      unit: '%',
    })
  return {
    name,
    use,
    to: to.length === 0 ? [EVERYWHERE] : to.map((text, i) => networkOf(parsePrefix(text, `${field}.to[${i}]`))),
    ports: [first, last],
    side,
    cgroup,
    share: Math.round(percent * 100),
  }
}

const networkOf = ({ address, bits }: Prefix): Network => ({ net: address, mask: maskBytes(bits) })

/** Bits that a mask has. */
export const prefixLength = (mask: Uint8Array): number =>
  mask.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
