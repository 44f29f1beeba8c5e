import type { IrFunction } from '../ir/ir.ts'
import { bitCount, coalesce } from './coalesce.ts'
import { type Graph, interference } from './interference.ts'

/** Machine registers of the virtual ones, or such as have to go to the stack, to one place. */
export type Allocation = { readonly registers: ReadonlyMap<number, number> } | { readonly spill: readonly number[] }

/** What allocation has to know besides the program. */
export interface AllocateOptions {
  /** Registers that have to be certain ones. */
  readonly fixed: ReadonlyMap<number, number>
  /** Registers that only lead to the stack and back: they must not go there again. */
  readonly temporary: ReadonlySet<number>
}

/**
 * Colour the interference graph (Chaitin, Briggs). Registers that are copies of each other become one where they can: first
 * all of them, and where that leaves too few colours, only those that cannot do harm.
 */
export function allocate(f: IrFunction, options: AllocateOptions): Allocation {
  const graph = interference(f, options.fixed)
  // Where something went to the stack, more mostly has to: whether all copies can go is only asked when nothing is left to go.
  const isFirst = options.temporary.size === 0
  const bold = isFirst ? coloured(f, graph, options, 'all') : undefined
  if (bold !== undefined && 'registers' in bold) return bold
  const careful = coloured(f, graph, options, 'safe')
  if ('spill' in careful || isFirst) return careful
  const second = coloured(f, graph, options, 'all')
  return 'registers' in second ? second : careful
}

function coloured(f: IrFunction, graph: Graph, options: AllocateOptions, rule: 'all' | 'safe'): Allocation {
  const merged = coalesce(graph, options.temporary, rule)
  const found = colour(merged.graph, options)
  if ('spill' in found) {
    // What became one register goes to the stack as one.
    const name = found.spill[0] ?? 0
    const spill: number[] = []
    for (let register = 0; register < f.registers; register++)
      if (merged.nameOf(register) === name) spill.push(register)
    return { spill }
  }
  const registers = new Map<number, number>()
  for (let register = 0; register < f.registers; register++) {
    const one = found.registers.get(merged.nameOf(register))
    if (one !== undefined) registers.set(register, one)
  }
  return { registers }
}

function colour(graph: Graph, { temporary }: AllocateOptions): Allocation {
  const { near, allowed, uses } = graph
  const nodes = graph.nodes.filter((register) => graph.gone[register] === 0)
  const degree = graph.degree.slice()
  const colours = new Uint8Array(degree.length)
  /** 1 for what has not been taken out yet. */
  const left = new Uint8Array(degree.length)
  const easy: number[] = []
  for (const register of nodes) {
    colours[register] = bitCount(allowed[register] ?? 0)
    left[register] = 1
    if ((degree[register] ?? 0) < (colours[register] ?? 0)) easy.push(register)
  }
  const stack: number[] = []
  const rank = (register: number): number => {
    const stays = temporary.has(register) || colours[register] === 1
    return (stays ? 1e6 : 0) + (uses[register] ?? 0) / ((degree[register] ?? 0) + 1)
  }
  /** What is cheapest on the stack. */
  const cheapest = (): number | undefined => {
    let best = Number.POSITIVE_INFINITY
    let found: number | undefined
    for (const register of nodes) {
      if (left[register] === 0) continue
      const price = rank(register)
      if (price >= best) continue
      best = price
      found = register
    }
    return found
  }
  while (stack.length < nodes.length) {
    // What has more colours than neighbours can wait, whatever the others get.
    const pick = easy.pop() ?? cheapest()
    if (pick === undefined) break
    if (left[pick] === 0) continue
    left[pick] = 0
    stack.push(pick)
    for (const other of near[pick] ?? []) {
      if (left[other] === 0) continue
      const now = (degree[other] ?? 0) - 1
      degree[other] = now
      if (now === (colours[other] ?? 0) - 1) easy.push(other)
    }
  }
  const partners = new Map<number, number[]>()
  const join = (a: number, b: number): void => {
    const found = partners.get(a)
    if (found === undefined) partners.set(a, [b])
    else found.push(b)
  }
  for (const [a, b] of graph.moves) {
    join(a, b)
    join(b, a)
  }
  const registers = new Map<number, number>()
  /** Bits of what each has. */
  const taken = new Uint16Array(degree.length)
  for (let i = stack.length - 1; i >= 0; i--) {
    const register = stack[i] ?? 0
    let free = allowed[register] ?? 0
    for (const other of near[register] ?? []) free &= ~(taken[other] ?? 0)
    if (free === 0) return { spill: [spillOf(register, graph, temporary)] }
    let found: number | undefined
    for (const other of partners.get(register) ?? []) {
      const liked = registers.get(other)
      if (liked !== undefined && (free & (1 << liked)) !== 0) {
        found = liked
        break
      }
    }
    found ??= USUAL.find((one) => (free & (1 << one)) !== 0)
    if (found === undefined) continue
    registers.set(register, found)
    taken[register] = 1 << found
  }
  return { registers }
}

/** r0 is kept for results, and what calls leave for what needs it. */
const USUAL: readonly number[] = [2, 3, 4, 5, 1, 0, 6, 7, 8, 9]

/** What costs least to keep on the stack, of a register and its neighbours. */
function spillOf(register: number, graph: Graph, temporary: ReadonlySet<number>): number {
  const { near, degree, allowed, uses, gone } = graph
  const mine = allowed[register] ?? 0
  const cost = (one: number): number => (uses[one] ?? 0) / ((degree[one] ?? 0) + 1)
  const candidates = [register, ...(near[register] ?? [])].filter((one) => {
    const theirs = allowed[one] ?? 0
    return gone[one] === 0 && !temporary.has(one) && bitCount(theirs) > 1 && (theirs & mine) !== 0
  })
  const found = candidates.sort((a, b) => cost(a) - cost(b) || a - b)[0]
  if (found === undefined) throw new Error('nothing is left that could go to the stack')
  return found
}
