import type { Insn } from '@tscc/insn'
import type { CoreKind, LineInfo, Relocation } from '../../model.ts'
import type { Known } from './known.ts'

/**
 * An instruction of a function that is being pruned, with all that moves along with it. What the instruction itself says of
 * its target is of no account: `target` does.
 */
export interface Step {
  readonly insn: Insn
  /** Of a jump: index of the step that it goes to. */
  readonly target?: number
  readonly relocation?: Relocation
  /** What a CO-RE relocation, applied already, wrote into it. */
  readonly core?: CoreKind
  /** Of a wide load: what it loads. */
  readonly loads?: Known
  /** Of a call: how many of r1 to r5 it reads. */
  readonly parameters?: number
  readonly line?: LineInfo
}

/** The steps of a function, in order. */
export type Flow = readonly Step[]

/** Does the flow never go on to the step behind it? */
export const isEnd = ({ insn }: Step): boolean => insn.kind === 'exit' || isGoto(insn)

/** An unconditional jump. */
export const isGoto = (insn: Insn): boolean => insn.kind === 'ja' || insn.kind === 'ja32'

/** Where the flow comes together or parts: by step, whether a block starts there. */
export function blockStarts(flow: Flow): readonly boolean[] {
  const starts = flow.map((_, i) => i === 0)
  for (const [i, step] of flow.entries()) {
    if (step.target !== undefined) starts[step.target] = true
    if (step.target !== undefined || isEnd(step)) starts[i + 1] = true
  }
  return starts
}

/** By step, how many ways lead to it: jumps, and the step before. */
export function waysTo(flow: Flow): readonly number[] {
  const ways = new Array<number>(flow.length).fill(0)
  // The function's caller.
  ways[0] = 1
  for (const [i, step] of flow.entries()) {
    if (step.target !== undefined) ways[step.target] = (ways[step.target] ?? 0) + 1
    if (!isEnd(step)) ways[i + 1] = (ways[i + 1] ?? 0) + 1
  }
  return ways
}

/** What becomes of a step: nothing (undefined), itself, another, or several. */
export type Replaced = Step | readonly Step[] | undefined

const isList = (part: Replaced): part is readonly Step[] => Array.isArray(part)

/**
 * The flow with each step replaced; targets in the replacements are still those of the old flow. Who jumped to a step that
 * is gone goes to what follows it. The same flow where nothing changed.
 */
export function replaced(flow: Flow, parts: readonly Replaced[]): Flow {
  if (parts.every((part, i) => part === flow[i])) return flow
  const places: number[] = []
  const steps: Step[] = []
  for (const part of parts) {
    places.push(steps.length)
    if (isList(part)) steps.push(...part)
    else if (part !== undefined) steps.push(part)
  }
  return steps.map((step) => {
    if (step.target === undefined) return step
    const target = places[step.target] ?? step.target
    return target === step.target ? step : { ...step, target }
  })
}
