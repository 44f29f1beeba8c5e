import { isPure, only, type RegisterSet, readsOf, writesOf } from './effects.ts'
import { blockStarts, type Flow, isEnd, replaced, type Step } from './flow.ts'
import { MOST_PARAMETERS } from './helper-parameters.ts'

/** Remove what only gives a register a value that nobody needs. */
export function removeDead(flow: Flow, result: RegisterSet): Flow {
  const live = liveAfter(flow, result)
  return replaced(
    flow,
    flow.map((step, at) => (isDead(step, live[at] ?? 0) ? undefined : step)),
  )
}

const isDead = (step: Step, live: RegisterSet): boolean => isPure(step.insn) && (writesOf(step) & live) === 0

/** What is needed before a step, given what is after it: dead steps need nothing. */
const liveBefore = (step: Step, live: RegisterSet, result: RegisterSet): RegisterSet =>
  isDead(step, live) ? live : (live & ~writesOf(step)) | readsOf(step, result)

/**
 * By step, the registers whose values are needed after it; what only dead steps read is not. `result`: what `exit` reads.
 *
 * From the end of the function to its start; sets only grow, so that a block is looked at again at most once for each
 * register.
 */
export function liveAfter(flow: Flow, result: RegisterSet): readonly RegisterSet[] {
  const blocks = blocksOf(flow)
  const liveAtStart = new Map<number, RegisterSet>()
  const comingFrom = new Map<number, number[]>(blocks.map(({ start }) => [start, []]))
  for (const [block, { next }] of blocks.entries()) for (const start of next) comingFrom.get(start)?.push(block)
  const after = new Array<RegisterSet>(flow.length).fill(0)
  const work = blocks.map((_, i) => i)
  for (let i = work.pop(); i !== undefined; i = work.pop()) {
    const block = blocks[i]
    if (block === undefined) continue
    let live = block.next.reduce((set, start) => set | (liveAtStart.get(start) ?? 0), 0)
    const isSame = liveAtStart.has(block.start) && after[block.end - 1] === live
    if (isSame) continue
    for (let at = block.end - 1; at >= block.start; at--) {
      after[at] = live
      const step = flow[at]
      if (step !== undefined) live = liveBefore(step, live, result)
    }
    if (live === liveAtStart.get(block.start)) continue
    liveAtStart.set(block.start, live)
    for (const before of comingFrom.get(block.start) ?? []) work.push(before)
  }
  return after
}

/**
 * How many of r1 to r5 are needed from the start on; all of them where there are dead steps, which the verifier wants to see
 * everything for, too.
 */
export function parametersRead(flow: Flow): number {
  const live = liveAfter(flow, ANY_RESULT)
  const [first] = flow
  if (first === undefined || flow.some((step, at) => isDead(step, live[at] ?? 0))) return MOST_PARAMETERS
  const needed = liveBefore(first, live[0] ?? 0, ANY_RESULT)
  return [5, 4, 3, 2, 1].find((n) => (needed & (1 << n)) !== 0) ?? 0
}

/** A caller may want r0. */
const ANY_RESULT: RegisterSet = 1

/** Steps that follow each other. */
interface Block {
  readonly start: number
  /** The step behind the last. */
  readonly end: number
  /** First steps of what may come next. */
  readonly next: readonly number[]
}

function blocksOf(flow: Flow): readonly Block[] {
  const starts = blockStarts(flow)
  const blocks: Block[] = []
  let start = 0
  for (const [at, step] of flow.entries()) {
    if (starts[at + 1] !== true && at + 1 < flow.length) continue
    const next = [...(step.target === undefined ? [] : [step.target]), ...(isEnd(step) ? [] : [at + 1])]
    blocks.push({ start, end: at + 1, next })
    start = at + 1
  }
  return blocks
}

/** Is a register's value no longer needed after a step? */
export const isDeadAfter = (live: readonly RegisterSet[], at: number, register: Parameters<typeof only>[0]): boolean =>
  ((live[at] ?? 0) & only(register)) === 0
