import { nearestNames } from '@tscc/core'
import {
  clearPolicy,
  editPolicy,
  type PolicyOptions,
  type PolicyRule,
  policyRules,
  type RuleSide,
  type RuleState,
} from '@tscc/sock-ops'
import type { Command } from 'commander'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { openKernel } from '../host.ts'
import { wholeNumber } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'
import type { Output } from '../output/output.ts'
import { needCongestionControls } from '../policy/available.ts'
import { parsePercent, parsePorts, parseSide, pinsOption, ruleName } from '../policy/rule-options.ts'
import { printRules } from '../policy/rules-table.ts'
import { parseUntil, type Until } from '../policy/until.ts'
import { watchRule } from '../policy/watch-rule.ts'

interface UseOptions {
  readonly name?: string
  readonly to?: readonly string[]
  readonly port?: PolicyRule['port']
  readonly side?: RuleSide
  readonly cgroup?: string
  readonly percent?: number
  readonly before?: string
  readonly until?: readonly Until[]
  readonly for?: number
  readonly remove?: readonly string[]
  readonly clear?: true
  readonly pins: string
  readonly json?: true
}

type Where = Required<PolicyOptions>

/** `tscc use`. */
export function defineUse(command: Command, context: CommandContext): void {
  const { output } = context
  examples(
    command
      .description(
        'Choose the congestion control of new connections, or list the rules that do. Connections that are there keep what they have. Rules stay when tscc ends; tscc apply takes them from a file.',
      )
      .argument('[congestion-control]', 'a registered one: bbr, or one that tscc register made; none: list the rules')
      .option('--to <cidr...>', 'to (or from) these networks')
      .option(
        '--port <port>',
        'of the service: the remote port where we connect, the local one where we accept',
        parsePorts,
      )
      .option('--side <who>', 'connect: connections that we make; accept: those that we are asked for; both', parseSide)
      .option('--cgroup <path>', 'sockets of processes in this cgroup, and below it')
      .option('--percent <n>', 'only so many of them, by a hash of addresses and ports: a canary', parsePercent)
      .option('--name <rule>', 'call the rule so; a rule of this name is changed in its place')
      .option('--before <rule>', 'ask it before another rule; default: after all others')
      .option(
        '--until <condition>',
        "watch, and take the rule back when its connections are surely worse than the others: 'retrans > 2x', 'rtt > 1.2x', 'rate < 0.8x'",
        parseUntil,
      )
      .option('--for <seconds>', 'with --until: watch so long, and keep the rule if nothing happened', wholeNumber)
      .option('--remove <rule...>', 'take rules away')
      .option('--clear', 'take all rules away, and all that is pinned')
      .addOption(pinsOption())
      .option('--json', 'print JSON')
      .action(async (use: string | undefined, options: UseOptions) => {
        checkOptions(command, use, options)
        const kernel = openKernel('use')
        const where = { kernel, folder: options.pins }
        if (options.clear) clearPolicy(where)
        else if (options.remove !== undefined) removeRules(where, options.remove)
        else if (use !== undefined) {
          const name = addRule(where, use, options)
          if (options.until !== undefined) {
            const watched = { name, conditions: options.until, seconds: options.for, json: options.json === true }
            if (!(await watchRule(where, output, watched))) context.fail()
            return
          }
        }
        show(output, policyRules({ ...where, open: true }), options.json === true)
      }),
    [
      ['tscc use', 'the rules, and what came of them'],
      ['tscc use ts_vegas --to 10.0.0.0/8 --port 443', 'connections to one network and port'],
      ['tscc use bbr --cgroup system.slice/nginx.service --side accept', 'what a service accepts'],
      ["tscc use ts_vegas --percent 5 --until 'retrans > 2x' --for 3600", 'a canary that takes itself back'],
      ['tscc use --remove ts_vegas', 'take a rule away'],
    ],
  )
}

function checkOptions(command: Command, use: string | undefined, options: UseOptions): void {
  const usage = (message: string): never => command.error(`error: ${message}`)
  const rule = ['to', 'port', 'side', 'cgroup', 'percent', 'name', 'before', 'until', 'for'] as const
  const given = rule.find((name) => options[name] !== undefined)
  if (use === undefined && given !== undefined) usage(`--${given} is of a rule: name a congestion control first`)
  if (use !== undefined && (options.clear || options.remove !== undefined))
    usage('--remove and --clear take rules away, they add none')
  if (options.until !== undefined && (options.percent ?? 100) === 100)
    usage('--until compares with connections that were left as they were: say --percent, below 100')
  if (options.for !== undefined && options.until === undefined) usage('--for says how long --until watches')
}

function show(output: Output, rules: readonly RuleState[], json: boolean): void {
  if (json) output.json(rules)
  else if (rules.length === 0) output.note('no rules: every connection gets the default of its socket')
  else printRules(output, rules)
}

function removeRules(where: Where, names: readonly string[]): void {
  editPolicy((rules) => {
    for (const name of names) known(rules, name)
    return rules.filter(({ name }) => !names.includes(name))
  }, where)
}

function known(rules: readonly { readonly name: string }[], name: string): number {
  const at = rules.findIndex((rule) => rule.name === name)
  const names = rules.map((rule) => rule.name)
  if (at === -1) throw cliErrors.make('no-rule', { name, nearest: nearestNames(name, names) })
  return at
}

/** The rule's name. */
function addRule(where: Where, use: string, options: UseOptions): string {
  const { to, port, side, cgroup, percent, before } = options
  needCongestionControls(where.kernel, [use])
  const said = {
    use,
    ...(to === undefined ? {} : { to }),
    ...(port === undefined ? {} : { port }),
    ...(side === undefined ? {} : { side }),
    ...(cgroup === undefined ? {} : { cgroup }),
    ...(percent === undefined ? {} : { percent }),
  }
  const rule: PolicyRule = { name: options.name ?? ruleName(said), ...said }
  editPolicy((rules) => {
    const others = rules.filter(({ name }) => name !== rule.name)
    const old = rules.findIndex(({ name }) => name === rule.name)
    const at = before !== undefined ? known(others, before) : old === -1 ? others.length : old
    return [...others.slice(0, at), rule, ...others.slice(at)]
  }, where)
  return rule.name
}
