import { oppositeJump } from '@tscc/insn'
import { type Flow, isEnd, isGoto, type Replaced, replaced, type Step, waysTo } from './flow.ts'

/**
 * Jumps to a `goto` go where that goes; jumps to what comes next anyway go; a condition around a `goto` is turned round.
 *
 *     if r1 == 0 goto A        if r1 != 0 goto B
 *     goto B                   A:
 *     A:
 */
export function shortenJumps(flow: Flow): Flow {
  const threaded = flow.map((step): Step => {
    if (step.target === undefined || step.insn.kind === 'mayGoto') return step
    const target = lastTarget(flow, step.target)
    return target === step.target ? step : { ...step, target }
  })
  const ways = waysTo(threaded)
  const dropped = new Set<number>()
  const parts = threaded.map((step, at): Replaced => {
    if (dropped.has(at)) return undefined
    const { insn, target } = step
    if (target === undefined || insn.kind === 'mayGoto') return sameAs(flow[at], step)
    if (target === at + 1) return undefined
    const next = threaded[at + 1]
    if (insn.kind !== 'jump' || target !== at + 2 || next?.target === undefined) return sameAs(flow[at], step)
    const op = oppositeJump(insn.op)
    // Nobody else may need the goto.
    if (op === undefined || !isGoto(next.insn) || ways[at + 1] !== 1) return sameAs(flow[at], step)
    dropped.add(at + 1)
    return { ...step, insn: { ...insn, op }, target: next.target }
  })
  return replaced(flow, parts)
}

/** The step as it was, where nothing changed in it. */
const sameAs = (before: Step | undefined, step: Step): Step =>
  before !== undefined && before.target === step.target ? before : step

/** How far a chain of jumps is followed; what goes in circles ends there, too. */
const MAX_HOPS = 32

function lastTarget(flow: Flow, first: number): number {
  let at = first
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    const step = flow[at]
    if (step?.target === undefined || !isGoto(step.insn)) break
    at = step.target
  }
  return at
}

/**
 * Move what only one `goto` leads to there, and drop the `goto`.
 *
 * Steps up to a `goto` or `exit` are a run; a run whose first step nothing but the `goto` at another run's end leads to goes
 * behind that. Runs stay whole, so that nothing gets longer.
 */
export function joinRuns(flow: Flow): Flow {
  const ways = waysTo(flow)
  const runs = runsOf(flow)
  const byStart = new Map(runs.map((run) => [run.start, run]))
  const follower = new Map<Run, Run>()
  const following = new Set<Run>()
  for (const run of runs) {
    const last = flow[run.end - 1]
    if (last?.target === undefined || !isGoto(last.insn) || last.target === 0 || ways[last.target] !== 1) continue
    const other = byStart.get(last.target)
    if (other === undefined || other === run) continue
    follower.set(run, other)
    following.add(other)
  }
  if (follower.size === 0) return flow
  const places = new Map<number, number>()
  const joined: Step[] = []
  for (const first of runs) {
    // What is only reached from itself is dropped here, as nothing reaches it.
    for (let run = following.has(first) ? undefined : first; run !== undefined; run = follower.get(run))
      for (let at = run.start; at < run.end; at++) {
        const step = flow[at]
        // Who goes to the goto goes to what comes in its place.
        places.set(at, joined.length)
        if (step !== undefined && !(at === run.end - 1 && follower.has(run))) joined.push(step)
      }
  }
  return joined.map((step) =>
    step.target === undefined ? step : { ...step, target: places.get(step.target) ?? step.target },
  )
}

/** Steps from `start` to before `end`; only the last never goes on. */
interface Run {
  readonly start: number
  readonly end: number
}

function runsOf(flow: Flow): readonly Run[] {
  const runs: Run[] = []
  let start = 0
  for (const [at, step] of flow.entries()) {
    if (!isEnd(step)) continue
    runs.push({ start, end: at + 1 })
    start = at + 1
  }
  return runs
}
