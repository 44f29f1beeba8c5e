import { type FlowGraph, isBack } from './flow-graph.ts'
import { wasm, wasmType } from './opcodes.ts'
import { type CodeWriter, unsignedLeb } from './wasm-writer.ts'

/** How a block's own instructions and its end are written. */
export interface BlockEmitter {
  /** Everything but the jump at the end. */
  instructions(block: number): void
  /** Leave an i32 that is not 0 where the condition at the end of the block holds. */
  condition(block: number): void
}

/**
 * Write a flow graph as WebAssembly's nested blocks and loops.
 *
 * Before: blocks that jump where they like. After: a block dominated by another lies within or behind it. Each block that
 * several edges meet in follows a `block ... end` that encloses what leads there, so that a jump to it is a branch out; each
 * loop's head is a `loop`, so that a jump back is a branch to its beginning; every other block is written right where its one
 * edge comes from. That is the translation of N. Ramsey, "Beyond Relooper" (ICFP 2022), here with a list of what is
 * still to do in place of recursion. Graphs that are not reducible go through a switch over the blocks' numbers (`dispatch`).
 */
export function writeStructured(graph: FlowGraph, code: CodeWriter, emitter: BlockEmitter, state: number): void {
  if (graph.reducible) nest(graph, code, emitter)
  else dispatch(graph, code, emitter, state)
}

function nest({ blocks, dominators, merges, loops }: FlowGraph, code: CodeWriter, emitter: BlockEmitter): void {
  const followers: number[][] = blocks.map(() => [])
  for (const [block, dominator] of dominators.entries())
    if (block > 0 && merges[block] === true) followers[dominator]?.push(block)
  /** How many labels are open around a block's loop, or around what a block follows. */
  const loopDepth: number[] = []
  const followDepth: number[] = []
  const todo: (() => void)[] = []
  const later = (...steps: readonly (() => void)[]): void => {
    for (const step of [...steps].reverse()) todo.push(step)
  }
  const close = (): void => code.op(wasm.end)

  const tree = (block: number, depth: number): void => {
    const within = [...(followers[block] ?? [])].sort((a, b) => b - a)
    if (loops[block] === true) {
      code.op(wasm.loop, wasmType.empty)
      loopDepth[block] = depth
      later(() => nested(block, within, depth + 1), close)
    } else nested(block, within, depth)
  }
  /** Open a block for each follower, the last in order outermost; behind the end of each comes the follower itself. */
  const nested = (block: number, within: readonly number[], depth: number): void => {
    const steps = within.map((follower, i) => {
      code.op(wasm.block, wasmType.empty)
      followDepth[follower] = depth + i
      return [close, () => tree(follower, depth + i)]
    })
    later(() => leave(block, depth + within.length), ...steps.reverse().flat())
  }
  const leave = (block: number, depth: number): void => {
    emitter.instructions(block)
    const [first, second] = blocks[block]?.next ?? []
    if (first === undefined) return
    if (second !== undefined) emitter.condition(block)
    if (second === undefined || second === first) {
      if (second !== undefined) code.op(wasm.drop)
      branch(block, first, depth)
      return
    }
    const label = labelOf(block, second, depth)
    if (label !== undefined) {
      code.index(wasm.brIf, label)
      branch(block, first, depth)
      return
    }
    code.op(wasm.if, wasmType.empty)
    later(
      () => branch(block, second, depth + 1),
      () => code.op(wasm.else),
      () => branch(block, first, depth + 1),
      close,
    )
  }
  const labelOf = (from: number, to: number, depth: number): number | undefined => {
    const at = isBack(from, to) ? loopDepth[to] : merges[to] === true ? followDepth[to] : undefined
    return at === undefined ? undefined : depth - at - 1
  }
  const branch = (from: number, to: number, depth: number): void => {
    const label = labelOf(from, to, depth)
    if (label === undefined) tree(to, depth)
    else code.index(wasm.br, label)
  }

  tree(0, 0)
  for (let step = todo.pop(); step !== undefined; step = todo.pop()) step()
  code.op(wasm.unreachable)
}

function dispatch({ blocks }: FlowGraph, code: CodeWriter, emitter: BlockEmitter, state: number): void {
  code.op(wasm.loop, wasmType.empty)
  for (const _ of blocks) code.op(wasm.block, wasmType.empty)
  code.index(wasm.localGet, state)
  // The innermost label is the first block's; the last one serves as the default too
  code.index(wasm.brTable, blocks.length - 1)
  for (const [block] of blocks.entries()) unsignedLeb(block, code.bytes)
  code.op(wasm.end)
  for (const [block, { next }] of blocks.entries()) {
    const outer = blocks.length - 1 - block
    const [first, second] = next
    emitter.instructions(block)
    if (first !== undefined) {
      code.i32(second ?? first)
      if (second !== undefined) {
        code.i32(first)
        emitter.condition(block)
        code.op(wasm.select)
      }
      code.index(wasm.localSet, state)
      code.index(wasm.br, outer)
    }
    code.op(wasm.end)
  }
  code.op(wasm.unreachable)
}
