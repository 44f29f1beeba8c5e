import type { IrFunction } from '../ir/ir.ts'
import { bitCount, coalesce, copyOf } from './coalesce.ts'
import { type Graph, interference } from './interference.ts'

/** Machine registers of the virtual ones, or such as have to go to the stack: lists of those that share a place there. */
export type Allocation = { readonly registers: MachineRegisters } | { readonly spill: readonly (readonly number[])[] }

/** By virtual register; 0 also for those that nobody uses. */
export type MachineRegisters = Uint8Array

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
  const bold = isFirst ? coloured(f, copyOf(graph), options, 'all') : undefined
  if (bold !== undefined && 'registers' in bold) return bold
  const careful = coloured(f, isFirst ? graph : copyOf(graph), options, 'safe')
  if ('spill' in careful || isFirst) return careful
  const second = coloured(f, graph, options, 'all')
  return 'registers' in second ? second : careful
}

/** What it is given is its own to change. */
function coloured(f: IrFunction, graph: Graph, options: AllocateOptions, rule: 'all' | 'safe'): Allocation {
  const merged = coalesce(graph, options.temporary, rule)
  const found = colour(merged.graph, options)
  if ('spill' in found) {
    // What became one register goes to the stack as one.
    const lists = new Map(found.spill.map((name): [number, number[]] => [name, []]))
    for (let register = 0; register < f.registers; register++) lists.get(merged.nameOf(register))?.push(register)
    return { spill: [...lists.values()] }
  }
  const registers = new Uint8Array(f.registers)
  for (let register = 0; register < f.registers; register++)
    registers[register] = found.registers[merged.nameOf(register)] ?? 0
  return { registers }
}

/** Colours, or all registers without which there are enough of them. */
function colour(
  graph: Graph,
  { temporary }: AllocateOptions,
): { readonly registers: MachineRegisters } | { readonly spill: readonly number[] } {
  const { near, allowed, uses } = graph
  const nodes = graph.nodes.filter((register) => graph.gone[register] === 0)
  const degree = graph.degree.slice()
  const colours = new Uint8Array(degree.length)
  /** 1 for what has not been taken out yet. */
  const left = new Uint8Array(degree.length)
  /** 1 for what must not go to the stack. */
  const stays = new Uint8Array(degree.length)
  const easy: number[] = []
  for (const register of nodes) {
    colours[register] = bitCount(allowed[register] ?? 0)
    left[register] = 1
    if (temporary.has(register) || colours[register] === 1) stays[register] = 1
    if ((degree[register] ?? 0) < (colours[register] ?? 0)) easy.push(register)
  }
  const stack: number[] = []
  const rank = (register: number): number =>
    (stays[register] === 1 ? 1e6 : 0) + (uses[register] ?? 0) / ((degree[register] ?? 0) + 1)
  /** Those that may still be there, in their order. */
  const waiting = [...nodes]
  /** What is cheapest on the stack. */
  const cheapest = (): number | undefined => {
    let best = Number.POSITIVE_INFINITY
    let found: number | undefined
    let kept = 0
    for (const register of waiting) {
      if (left[register] === 0) continue
      waiting[kept++] = register
      const price = rank(register)
      if (price >= best) continue
      best = price
      found = register
    }
    waiting.length = kept
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
  const partners: number[][] = []
  const join = (a: number, b: number): void => {
    const found = partners[a]
    if (found === undefined) partners[a] = [b]
    else found.push(b)
  }
  for (const [a, b] of graph.moves) {
    join(a, b)
    join(b, a)
  }
  const spill: number[] = []
  /** Bits of what each has. */
  const taken = new Uint16Array(degree.length)
  const freeFor = (register: number): number => {
    let free = allowed[register] ?? 0
    for (const other of near[register] ?? []) free &= ~(taken[other] ?? 0)
    return free
  }
  for (let i = stack.length - 1; i >= 0; i--) {
    const register = stack[i] ?? 0
    let free = freeFor(register)
    if (free === 0) {
      for (const one of cheapestWay(register, graph, temporary, taken)) {
        spill.push(one)
        taken[one] = 0
      }
      if (spill.at(-1) === register) continue
      free = freeFor(register)
      if (free === 0) continue
    }
    const liked = partners[register]?.find((other) => (free & (taken[other] ?? 0)) !== 0)
    taken[register] = liked === undefined ? usual(free) : (taken[liked] ?? 0)
  }
  // With all of them there may be room for some again.
  const without = spill
    .sort((a, b) => costOf(graph, b) - costOf(graph, a) || a - b)
    .filter((register) => {
      const free = freeFor(register)
      if (free !== 0) taken[register] = usual(free)
      return free === 0
    })
  if (without.length > 0) return { spill: without }
  const registers = new Uint8Array(taken.length)
  for (let i = 0; i < taken.length; i++) if (taken[i] !== 0) registers[i] = 31 - Math.clz32(taken[i] ?? 0)
  return { registers }
}

/** r0 is kept for results, and what calls leave for what needs it. */
const USUAL: readonly number[] = [2, 3, 4, 5, 1, 0, 6, 7, 8, 9]
const usual = (free: number): number => 1 << (USUAL.find((one) => (free & (1 << one)) !== 0) ?? 0)

/** What it costs to keep a register on the stack. */
const costOf = ({ uses, degree }: Graph, register: number): number =>
  (uses[register] ?? 0) / ((degree[register] ?? 0) + 1)

/** That a register goes itself is enough for certain, while neighbours may have been in the way of nothing else. */
const OWN = 0.75

/** What has to go to the stack for a register to have a place, itself or all neighbours of one colour: what costs least. */
function cheapestWay(
  register: number,
  graph: Graph,
  temporary: ReadonlySet<number>,
  taken: Uint16Array,
): readonly number[] {
  const { near, allowed, gone } = graph
  const mine = allowed[register] ?? 0
  const stays = (one: number): boolean => temporary.has(one) || bitCount(allowed[one] ?? 0) === 1
  let best: readonly number[] | undefined = stays(register) ? undefined : [register]
  let price = best === undefined ? Number.POSITIVE_INFINITY : OWN * costOf(graph, register)
  for (const color of USUAL) {
    const bit = 1 << color
    if ((mine & bit) === 0) continue
    const holders = (near[register] ?? []).filter((one) => gone[one] === 0 && taken[one] === bit)
    if (holders.some(stays)) continue
    const all = holders.reduce((sum, one) => sum + costOf(graph, one), 0)
    if (all >= price) continue
    price = all
    best = holders
  }
  if (best === undefined) throw new Error('nothing is left that could go to the stack')
  return best
}
