import type { Ratio, RuleState } from '@tscc/sock-ops'
import { cgroupRoot } from '@tscc/syscall'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'

const sides = { connect: 'we connect', accept: 'we accept', both: 'both' } as const

/** The rules in the order in which they are asked, with what came of them. */
export function printRules(output: Output, rules: readonly RuleState[]): void {
  const root = `${cgroupRoot()}/`
  output.print(
    formatTable(
      output,
      ['rule', 'uses', 'to', 'port', 'side', 'cgroup', 'share', 'chosen', 'others', 'rtt', 'rate', 'retrans'],
      rules.map(({ rule, chosen, others, comparison }) => [
        rule.name,
        rule.use,
        rule.to.join(' ') || 'any',
        rule.port === undefined ? 'any' : typeof rule.port === 'number' ? `${rule.port}` : rule.port.join('-'),
        sides[rule.side],
        rule.cgroup === undefined ? 'any' : rule.cgroup.replace(root, ''),
        `${rule.percent} %`,
        chosen.matched,
        others.matched,
        ratioText(comparison.rtt),
        ratioText(comparison.rate),
        ratioText(comparison.retransmits),
      ]),
    ),
  )
  for (const line of warnings(rules)) output.note(line)
}

/** `0.98x (0.95-1.02)`, or `-` where too little has come to an end. */
export const ratioText = (ratio: Ratio | undefined): string =>
  ratio === undefined ? '-' : `${short(ratio.ratio)}x (${short(ratio.low)}-${short(ratio.high)})`

const short = (value: number): string => (value >= 99.5 ? value.toFixed(0) : value.toPrecision(2))

/** What is wrong with rules that are in force. */
export function warnings(rules: readonly RuleState[]): readonly string[] {
  return rules.flatMap(({ rule: { name, use }, registered, attached, chosen }) => [
    ...(registered
      ? []
      : [`${name}: the kernel has no ${use} any more; ${chosen.failed} connections kept the default`]),
    ...(attached ? [] : [`${name}: its cgroup is gone, and the rule goes with the next change`]),
  ])
}
