import type { CheckedFunction, CheckedProgram } from '../program/check-program.ts'

/** A straight run of instructions, from `start` to before `end`; control leaves only behind the last one. */
export interface Block {
  readonly start: number
  readonly end: number
  /** Numbers of the blocks that may come next: where the condition fails first, then where it holds. */
  readonly next: readonly number[]
}

/** A function's blocks that can be reached, in reverse postorder from its entry, which is 0. */
export interface FlowGraph {
  readonly blocks: readonly Block[]
  /** Immediate dominator of each block; the entry's is itself. */
  readonly dominators: readonly number[]
  /** Blocks that more than one forward edge leads to. */
  readonly merges: readonly boolean[]
  /** Blocks that a back edge leads to. */
  readonly loops: readonly boolean[]
  /** Every back edge leads to a block that dominates where it comes from. */
  readonly reducible: boolean
}

/** Whether an edge goes back: blocks are in reverse postorder. */
export const isBack = (from: number, to: number): boolean => to <= from

/** Cut a function into blocks and find out how they lie to each other. */
export function flowGraph(program: CheckedProgram, { start, end }: CheckedFunction): FlowGraph {
  const raw = cut(program, start, end)
  const order = postorder(raw).reverse()
  const numbers = new Map(order.map((at, i) => [at, i]))
  const blocks = order.map((at): Block => {
    const block = raw.get(at)
    return { start: at, end: block?.end ?? at, next: (block?.next ?? []).map((to) => numbers.get(to) ?? 0) }
  })
  const sources: number[][] = blocks.map(() => [])
  for (const [from, { next }] of blocks.entries()) for (const to of next) sources[to]?.push(from)
  const dominators = dominatorsOf(sources)
  const dominates = (a: number, b: number): boolean => {
    let at = b
    while (at > a) at = dominators[at] ?? 0
    return at === a
  }
  return {
    blocks,
    dominators,
    merges: sources.map((from, to) => from.filter((one) => !isBack(one, to)).length > 1),
    loops: sources.map((from, to) => from.some((one) => isBack(one, to))),
    reducible: sources.every((from, to) => from.every((one) => !isBack(one, to) || dominates(to, one))),
  }
}

/** Blocks by the index of their first instruction. */
function cut(program: CheckedProgram, start: number, end: number) {
  const starts = new Set([start])
  const isJump = (index: number): boolean => {
    const kind = program.insns[index]?.kind
    return kind === 'ja' || kind === 'ja32' || kind === 'jump' || kind === 'mayGoto'
  }
  for (let index = start; index < end; index++) {
    if (isJump(index)) starts.add(program.targets[index] ?? start)
    if (isJump(index) || program.insns[index]?.kind === 'exit') starts.add(index + 1)
  }
  const raw = new Map<number, { readonly end: number; readonly next: readonly number[] }>()
  for (const at of starts) {
    let last = at
    while (last + 1 < end && !starts.has(last + 1)) last++
    const kind = program.insns[last]?.kind
    const target = program.targets[last] ?? start
    const next =
      kind === 'exit'
        ? []
        : kind === 'ja' || kind === 'ja32'
          ? [target]
          : kind === 'jump' || kind === 'mayGoto'
            ? [last + 1, target]
            : [last + 1]
    if (at < end) raw.set(at, { end: last + 1, next })
  }
  return raw
}

/** Depth first, without recursion: functions may be long. */
function postorder(raw: ReadonlyMap<number, { readonly next: readonly number[] }>): number[] {
  const [first] = raw.keys()
  if (first === undefined) return []
  const result: number[] = []
  const seen = new Set([first])
  const path: { readonly at: number; child: number }[] = [{ at: first, child: 0 }]
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = raw.get(top.at)?.next[top.child++]
    if (next === undefined) {
      result.push(top.at)
      path.pop()
    } else if (!seen.has(next)) {
      seen.add(next)
      path.push({ at: next, child: 0 })
    }
  }
  return result
}

/** Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001), figure 3. */
function dominatorsOf(sources: readonly (readonly number[])[]): number[] {
  const idom: number[] = sources.map((_, i) => (i === 0 ? 0 : -1))
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b]
    while (x !== y) {
      while (x > y) x = idom[x] ?? 0
      while (y > x) y = idom[y] ?? 0
    }
    return x
  }
  for (let changed = true; changed; ) {
    changed = false
    for (let block = 1; block < sources.length; block++) {
      let found = -1
      for (const from of sources[block] ?? []) {
        if ((idom[from] ?? -1) < 0) continue
        found = found < 0 ? from : meet(found, from)
      }
      if (found === idom[block]) continue
      idom[block] = found
      changed = true
    }
  }
  return idom
}
