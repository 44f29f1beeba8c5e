import { label } from '@tscc/insn'
import type { Step, Steps } from './spec.ts'

/** A step, and its position in the program; labels that were put in carry the position of the step behind them. */
export interface PlacedStep {
  readonly step: Step
  readonly index: number
}

/**
 * Steps whose numeric jumps go to labels: these count steps, not instructions, since one step may become several
 * instructions (a bitfield does), and how many depends on the kernel. `part` tells the labels of one program's parts apart.
 */
export function labelJumps(steps: Steps, part = ''): readonly PlacedStep[] {
  const labelOf = (index: number): string => `@step ${part}${index}`
  const aims = steps.map((_, index) => targetStep(steps, index))
  const targets = new Set(aims.filter((aim) => aim !== undefined))
  const placed = steps.flatMap((step, index): readonly PlacedStep[] => {
    const aim = aims[index]
    const own = {
      // same kind, other target
      step: aim === undefined || !('target' in step) ? step : ({ ...step, target: labelOf(aim) } as Step),
      index,
    }
    return targets.has(index) ? [{ step: label(labelOf(index)), index }, own] : [own]
  })
  const end = steps.length
  return targets.has(end) ? [...placed, { step: label(labelOf(end)), index: end }] : placed
}

/** The step that a numeric jump leads to, labels not counted; undefined for all other steps. */
function targetStep(steps: Steps, index: number): number | undefined {
  const step = steps[index]
  if (step === undefined || !('target' in step) || typeof step.target !== 'number' || step.kind === 'callFunc')
    return undefined
  const direction = step.target < 0 ? -1 : 1
  let left = step.target < 0 ? -step.target : step.target
  let at = index + 1
  while (left > 0) {
    if (direction > 0 && steps[at] === undefined) break
    if (direction < 0) at--
    if (steps[at]?.kind !== 'label') left--
    if (direction > 0) at++
  }
  return left > 0 || at < 0 ? undefined : at
}
