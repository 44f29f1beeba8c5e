import type { Block, IrFunction, Terminator } from './ir.ts'
import { remembered } from './remembered.ts'

/** Where blocks lead, and what has been found of that. */
interface Shape {
  readonly ends: readonly Terminator[]
  order?: readonly number[]
  before?: readonly (readonly number[])[]
  tree?: Dominators
  hasLoop?: boolean
}

/** Of functions' blocks, which never change: each pass asks for the same. */
const shapes = remembered<readonly Block[], Shape>()
/** Most passes leave all blocks leading to where they led before, or lead them back to it. */
const recent: Shape[] = []
/** How many shapes are compared with. */
const RECENT = 4

function shapeOf({ blocks }: IrFunction): Shape {
  const known = shapes.get(blocks)
  if (known !== undefined) return known
  const at = recent.findIndex(({ ends }) => leadsAs(blocks, ends))
  const shape = recent[at] ?? { ends: blocks.map(({ end }) => end) }
  if (at >= 0) recent.splice(at, 1)
  recent.unshift(shape)
  if (recent.length > RECENT) recent.pop()
  return shapes.set(blocks, shape)
}

/** Do blocks lead to where these ends do? */
function leadsAs(blocks: readonly Block[], ends: readonly Terminator[]): boolean {
  if (blocks.length !== ends.length) return false
  for (let at = 0; at < ends.length; at++) {
    const [one, other] = [blocks[at]?.end, ends[at]]
    if (one === other) continue
    if (one?.op === 'jump') {
      if (other?.op !== 'jump' || one.to !== other.to) return false
    } else if (one?.op === 'branch') {
      if (other?.op !== 'branch' || one.yes !== other.yes || one.no !== other.no) return false
    } else if (one?.op !== other?.op) return false
  }
  return true
}

/** Nobody adds to it. */
const NONE: number[] = []

/** Lists are short, most have one element or two: those are made as long as they are, as room to grow costs more. */
function add(lists: number[][], to: number, element: number): void {
  const list = lists[to]
  if (list === undefined || list.length === 0) lists[to] = [element]
  else if (list.length === 1) lists[to] = [list[0] ?? 0, element]
  else list.push(element)
}

/** Blocks that lead to each block; those that nobody reaches lead nowhere. */
export function predecessors(f: IrFunction): readonly (readonly number[])[] {
  const shape = shapeOf(f)
  if (shape.before !== undefined) return shape.before
  const found: number[][] = new Array(f.blocks.length).fill(NONE)
  for (const at of reversePostorder(f)) {
    const end = f.blocks[at]?.end
    if (end === undefined || end.op === 'return') continue
    const first = end.op === 'jump' ? end.to : end.yes
    add(found, first, at)
    if (end.op === 'branch' && end.no !== first) add(found, end.no, at)
  }
  shape.before = found
  return found
}

/** Blocks that can be reached, each before those it leads to, except backwards in loops. */
export function reversePostorder(f: IrFunction): readonly number[] {
  const shape = shapeOf(f)
  if (shape.order !== undefined) return shape.order
  const order: number[] = []
  const seen = new Uint8Array(f.blocks.length)
  seen[0] = 1
  const stack = [0]
  /** How many of its successors have been looked at. */
  const looked = new Uint8Array(f.blocks.length)
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const end = f.blocks[top]?.end
    const turn = looked[top] ?? 0
    looked[top] = turn + 1
    const to = end === undefined ? undefined : successorAt(end, turn)
    if (to === undefined) {
      order.push(top)
      stack.pop()
    } else if (seen[to] !== 1) {
      seen[to] = 1
      stack.push(to)
    }
  }
  order.reverse()
  shape.order = order
  return order
}

/** Does a block lead to itself or to one before it? */
export function hasLoop(f: IrFunction): boolean {
  const shape = shapeOf(f)
  if (shape.hasLoop !== undefined) return shape.hasLoop
  const order = reversePostorder(f)
  const place = new Int32Array(f.blocks.length)
  for (const [i, at] of order.entries()) place[at] = i
  shape.hasLoop = order.some((at, i) => {
    const end = f.blocks[at]?.end
    if (end?.op === 'jump') return (place[end.to] ?? 0) <= i
    return end?.op === 'branch' && ((place[end.yes] ?? 0) <= i || (place[end.no] ?? 0) <= i)
  })
  return shape.hasLoop
}

function successorAt(end: Terminator, turn: number): number | undefined {
  if (end.op === 'jump') return turn === 0 ? end.to : undefined
  if (end.op === 'branch') return turn === 0 ? end.yes : turn === 1 ? end.no : undefined
  return undefined
}

/** Who dominates whom. */
export interface Dominators {
  readonly order: readonly number[]
  /** By block: the closest one that every way to it leads through; the first block's is itself, what nobody reaches has -1. */
  readonly idom: Int32Array
  readonly children: readonly (readonly number[])[]
  dominates(above: number, below: number): boolean
}

/** Dominators by Cooper, Harvey and Kennedy: "A Simple, Fast Dominance Algorithm". */
export function dominators(f: IrFunction): Dominators {
  const shape = shapeOf(f)
  if (shape.tree !== undefined) return shape.tree
  const order = reversePostorder(f)
  const place = new Int32Array(f.blocks.length)
  for (const [i, block] of order.entries()) place[block] = i
  const before = predecessors(f)
  const idom = new Int32Array(f.blocks.length).fill(-1)
  idom[0] = 0
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b]
    while (x !== y) {
      if ((place[x] ?? 0) > (place[y] ?? 0)) x = idom[x] ?? 0
      else y = idom[y] ?? 0
    }
    return x
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const block of order) {
      if (block === 0) continue
      let found = -1
      for (const from of before[block] ?? []) if (idom[from] !== -1) found = found === -1 ? from : meet(from, found)
      if (found !== -1 && idom[block] !== found) {
        idom[block] = found
        changed = true
      }
    }
  }
  const children: number[][] = new Array(f.blocks.length).fill(NONE)
  for (const block of order) if (block !== 0) add(children, idom[block] ?? 0, block)
  const tree: Dominators = {
    order,
    idom,
    children,
    dominates(above, below) {
      let at = below
      while (at !== above && at > 0) at = idom[at] ?? 0
      return at === above
    },
  }
  shape.tree = tree
  return tree
}
