import { setTimeout as sleep } from 'node:timers/promises'
import { editPolicy, type PolicyOptions, policyRules, type RuleState } from '@tscc/sock-ops'
import type { Output } from '../output/output.ts'
import { stopSignal } from '../stop-signal.ts'
import { standing, type Until, whatHolds } from './until.ts'

/** What is watched, and for how long; without `seconds` until it is stopped. */
export interface Watch {
  readonly name: string
  readonly conditions: readonly Until[]
  readonly seconds: number | undefined
  readonly json: boolean
}

const INTERVAL_MS = 1000

/**
 * Watch a rule until one of the conditions holds, which takes it away, or until the time is over, which keeps it. A watch that
 * is stopped takes it away too: nobody would do so later. True where the rule stays.
 */
export async function watchRule(
  where: PolicyOptions,
  output: Output,
  { name, conditions, seconds, json }: Watch,
): Promise<boolean> {
  const stop = stopSignal()
  const end = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + 1000 * seconds
  const remove = (): void => {
    editPolicy((rules) => rules.filter((rule) => rule.name !== name), where)
  }
  const tell = (outcome: string, text: string, rule: RuleState | undefined): void => {
    if (json) output.json({ outcome, reason: text, rule })
    else output.note(text)
  }
  output.note(`watching ${name}: ${conditions.map(({ text }) => text).join(', ')}; ^C takes it back`)
  let shown = ''
  try {
    for (;;) {
      const rule = policyRules({ ...where, open: true }).find((one) => one.rule.name === name)
      if (rule === undefined) {
        tell('removed', `${name}: somebody else took it away`, rule)
        return false
      }
      const holds = whatHolds(conditions, rule.comparison)
      if (holds !== undefined) {
        remove()
        tell('rolled back', `${name}: ${holds.until.text} holds: ${standing(rule.comparison)}; taken back`, rule)
        return false
      }
      if (stop.aborted) {
        remove()
        tell('stopped', `${name}: stopped; taken back`, rule)
        return false
      }
      if (Date.now() >= end) {
        tell('kept', `${name}: kept after ${seconds} s: ${standing(rule.comparison)}`, rule)
        return true
      }
      const line = `${rule.chosen.counted} and ${rule.others.counted} connections: ${standing(rule.comparison)}`
      if (line !== shown) output.note(line)
      shown = line
      await sleep(Math.min(INTERVAL_MS, Math.max(0, end - Date.now())), undefined, { signal: stop }).catch(
        () => undefined,
      )
    }
  } finally {
    stop.release()
  }
}
