import { isPure, only, type RegisterSet, readsOf, writesOf } from './effects.ts'
import { blockStarts, type Flow, isEnd, replaced } from './flow.ts'

/** Remove what only gives a register a value that nobody reads. */
export function removeDead(flow: Flow, result: RegisterSet): Flow {
  const live = liveAfter(flow, result)
  const starts = blockStarts(flow)
  const dead = new Set<number>()
  let wanted = 0
  for (let at = flow.length - 1; at >= 0; at--) {
    const step = flow[at]
    if (step === undefined) continue
    // Within a block what feeds only dead steps is dead at once; from block to block, in the next round.
    if (starts[at + 1] === true || at === flow.length - 1) wanted = live[at] ?? 0
    if (isPure(step.insn) && (writesOf(step) & wanted) === 0) dead.add(at)
    else wanted = (wanted & ~writesOf(step)) | readsOf(step, result)
  }
  return replaced(
    flow,
    flow.map((step, at) => (dead.has(at) ? undefined : step)),
  )
}

/** By step, the registers whose values somebody may read after it. `result`: those that `exit` reads. */
export function liveAfter(flow: Flow, result: RegisterSet): readonly RegisterSet[] {
  const starts = blockStarts(flow)
  const blocks = summaries(flow, starts, result)
  const comingFrom = new Map<number, number[]>(blocks.map(({ start }) => [start, []]))
  for (const [block, { next }] of blocks.entries()) for (const start of next) comingFrom.get(start)?.push(block)
  const liveAtStart = new Map<number, RegisterSet>()
  const endOf = ({ next }: Block): RegisterSet => next.reduce((set, start) => set | (liveAtStart.get(start) ?? 0), 0)
  // Sets only grow, so that a block is looked at again at most once for each register.
  const work = blocks.map((_, i) => i)
  for (let i = work.pop(); i !== undefined; i = work.pop()) {
    const block = blocks[i]
    if (block === undefined) continue
    const live = block.reads | (endOf(block) & ~block.writes)
    if (live === liveAtStart.get(block.start)) continue
    liveAtStart.set(block.start, live)
    for (const before of comingFrom.get(block.start) ?? []) work.push(before)
  }
  const after = new Array<RegisterSet>(flow.length).fill(0)
  for (const block of blocks) {
    let live = endOf(block)
    for (let at = block.end - 1; at >= block.start; at--) {
      after[at] = live
      const step = flow[at]
      if (step !== undefined) live = (live & ~writesOf(step)) | readsOf(step, result)
    }
  }
  return after
}

/** Steps that follow each other, and what they do to registers together. */
interface Block {
  readonly start: number
  /** The step behind the last. */
  readonly end: number
  /** Before it writes them. */
  readonly reads: RegisterSet
  readonly writes: RegisterSet
  /** First steps of what may come next. */
  readonly next: readonly number[]
}

function summaries(flow: Flow, starts: readonly boolean[], result: RegisterSet): readonly Block[] {
  const blocks: Block[] = []
  let start = 0
  let reads = 0
  let writes = 0
  for (const [at, step] of flow.entries()) {
    reads |= readsOf(step, result) & ~writes
    writes |= writesOf(step)
    if (starts[at + 1] !== true && at + 1 < flow.length) continue
    const next = [...(step.target === undefined ? [] : [step.target]), ...(isEnd(step) ? [] : [at + 1])]
    blocks.push({ start, end: at + 1, reads, writes, next })
    start = at + 1
    reads = 0
    writes = 0
  }
  return blocks
}

/** Is a register's value no longer wanted after a step? */
export const isDeadAfter = (live: readonly RegisterSet[], at: number, register: Parameters<typeof only>[0]): boolean =>
  ((live[at] ?? 0) & only(register)) === 0
