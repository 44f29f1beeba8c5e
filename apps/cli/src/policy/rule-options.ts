import { fnv1a } from '@tscc/core'
import { POLICY_FOLDER, type PolicyRule, type RuleSide } from '@tscc/sock-ops'
import { InvalidArgumentError, Option } from 'commander'

/** `443` or `8000-8999`. */
export function parsePorts(text: string): number | readonly [number, number] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (match === null || first > last || last > 65_535)
    throw new InvalidArgumentError('expected a port, or FIRST-LAST, up to 65535')
  return first === last ? first : [first, last]
}

/** A share in percent: 0.01 to 100. */
export function parsePercent(text: string): number {
  const value = Number(text.replace(/%$/, ''))
  if (!/^[\d.]+%?$/.test(text) || !(value >= 0.01 && value <= 100))
    throw new InvalidArgumentError('expected a percentage from 0.01 to 100')
  return value
}

const sides: readonly RuleSide[] = ['connect', 'accept', 'both']

export function parseSide(text: string): RuleSide {
  const side = sides.find((one) => one === text)
  if (side === undefined) throw new InvalidArgumentError(`expected ${sides.join(', ')}`)
  return side
}

/** What a rule is called that was given no name: what it says, so that the same rule has the same name. */
export function ruleName({ use, to = [], port, side, cgroup }: Omit<PolicyRule, 'name'>): string {
  const ports = port === undefined ? [] : [typeof port === 'number' ? `${port}` : port.join('-')]
  const group = cgroup === undefined ? [] : [cgroup.replace(/.*\//, '')]
  const whole = [use, ...to, ...ports, ...(side === undefined || side === 'both' ? [] : [side]), ...group]
    .join('-')
    .replaceAll('/', '_')
    .replaceAll(/[^\w.-]/g, '.')
  if (whole.length <= 31) return whole
  return `${whole.slice(0, 22)}-${fnv1a(whole).toString(16).padStart(8, '0')}`
}

/** Where the rules are that a command is about. */
export const pinsOption = (): Option =>
  new Option('--pins <folder>', 'where rules are kept: a folder in a BPF file system')
    .env('TSCC_PINS')
    .default(POLICY_FOLDER)
