import { liveOut } from '../ir/graph.ts'
import { definedBy, type IrFunction, mapEnd, mapOperands, type Operand, usesOf, usesOfEnd } from '../ir/ir.ts'

/** Machine registers of the virtual ones, or one that has to go to the stack. */
export type Allocation = { readonly registers: ReadonlyMap<number, number> } | { readonly spill: number }

/** What allocation has to know besides the program. */
export interface AllocateOptions {
  /** Registers that have to be certain ones. */
  readonly fixed: ReadonlyMap<number, number>
  /** Registers that only lead to the stack and back: they must not go there again. */
  readonly temporary: ReadonlySet<number>
}

const ALL = 0b11_1111_1111
/** What a call leaves: r6 to r9. */
const SAVED = 0b11_1100_0000
/** Everything but the way to the arguments. */
const NOT_R1 = ALL & ~2

/**
 * Colour the interference graph (Chaitin, Briggs). Registers that are copies of each other become one where they can: first
 * all of them, and where that leaves too few colours, only those that cannot do harm.
 */
export function allocate(f: IrFunction, options: AllocateOptions): Allocation {
  for (const rule of ['all', 'safe'] as const) {
    const merged = coalesce(f, options, rule)
    const found = colour(merged.graph, options)
    if ('registers' in found) {
      const registers = new Map<number, number>()
      for (let register = 0; register < f.registers; register++) {
        const one = found.registers.get(merged.nameOf(register))
        if (one !== undefined) registers.set(register, one)
      }
      return { registers }
    }
    if (rule === 'safe') return found
  }
  throw new Error('there is no way to colour this')
}

interface Graph {
  readonly edges: Map<number, Set<number>>
  /** Machine registers that each may have, as bits. */
  readonly allowed: Map<number, number>
  readonly uses: ReadonlyMap<number, number>
  readonly moves: readonly (readonly [number, number])[]
}

function coalesce(
  f: IrFunction,
  { fixed, temporary }: AllocateOptions,
  rule: 'all' | 'safe',
): { readonly graph: Graph; nameOf(register: number): number } {
  const names = new Map<number, number>()
  const nameOf = (register: number): number => {
    let name = register
    for (let next = names.get(name); next !== undefined; next = names.get(name)) name = next
    return name
  }
  let graph = interference(f, fixed, nameOf)
  for (let changed = true; changed; ) {
    changed = false
    for (const [one, other] of graph.moves) {
      const [a, b] = [nameOf(one), nameOf(other)]
      if (a === b || temporary.has(a) || temporary.has(b) || graph.edges.get(a)?.has(b) === true) continue
      const allowed = (graph.allowed.get(a) ?? ALL) & (graph.allowed.get(b) ?? ALL)
      const near = new Set([...(graph.edges.get(a) ?? []), ...(graph.edges.get(b) ?? [])])
      const forced = allowed & ~bitsTaken(graph, near)
      if (forced === 0) continue
      if (rule === 'safe' && !isSafe(graph, near, allowed)) continue
      names.set(b, a)
      changed = true
      graph.allowed.set(a, allowed)
      graph.edges.set(a, near)
      for (const neighbour of near) {
        const set = graph.edges.get(neighbour)
        set?.delete(b)
        set?.add(a)
      }
      graph.edges.delete(b)
    }
    if (changed) graph = interference(f, fixed, nameOf)
  }
  return { graph, nameOf }
}

/** Colours that neighbours have for certain. */
function bitsTaken(graph: Graph, near: ReadonlySet<number>): number {
  let taken = 0
  for (const one of near) {
    const allowed = graph.allowed.get(one) ?? ALL
    if ((allowed & (allowed - 1)) === 0) taken |= allowed
  }
  return taken
}

/** Briggs: with fewer troublesome neighbours than colours, something is left for what two become. */
function isSafe(graph: Graph, near: ReadonlySet<number>, allowed: number): boolean {
  let trouble = 0
  for (const one of near) {
    const mine = graph.allowed.get(one) ?? ALL
    if ((mine & allowed) !== 0 && (graph.edges.get(one)?.size ?? 0) >= count(mine)) trouble++
  }
  return trouble < count(allowed)
}

const count = (bits: number): number => {
  let found = 0
  for (let left = bits; left !== 0; left &= left - 1) found++
  return found
}

/** Who is alive together, and which machine registers each may have. */
function interference(f: IrFunction, fixed: ReadonlyMap<number, number>, nameOf: (register: number) => number): Graph {
  const put = (operand: Operand): Operand => ('reg' in operand ? { reg: nameOf(operand.reg) } : operand)
  const renamed: IrFunction = {
    ...f,
    blocks: f.blocks.map((block) => ({
      phis: [],
      instrs: block.instrs.map((instr) => {
        const next = mapOperands(instr, put)
        return 'dst' in next && next.dst !== undefined ? { ...next, dst: nameOf(next.dst) } : next
      }),
      end: mapEnd(block.end, put),
    })),
  }
  const edges = new Map<number, Set<number>>()
  const allowed = new Map<number, number>()
  const uses = new Map<number, number>()
  const moves: (readonly [number, number])[] = []
  const nodeOf = (register: number): Set<number> => {
    const found = edges.get(register)
    if (found !== undefined) return found
    const made = new Set<number>()
    edges.set(register, made)
    return made
  }
  const restrict = (register: number, to: number): void =>
    void allowed.set(register, (allowed.get(register) ?? ALL) & to)
  for (const [register, color] of fixed) restrict(nameOf(register), 1 << color)
  const live = liveOut(renamed)
  for (const [i, block] of renamed.blocks.entries()) {
    const alive = new Set(live[i])
    for (const register of usesOfEnd(block.end)) {
      alive.add(register)
      nodeOf(register)
      uses.set(register, (uses.get(register) ?? 0) + 1)
    }
    for (const instr of block.instrs.toReversed()) {
      const defined = definedBy(instr)
      const used = usesOf(instr)
      for (const register of [...used, ...(defined === undefined ? [] : [defined])])
        uses.set(register, (uses.get(register) ?? 0) + 1)
      if (defined !== undefined) {
        const node = nodeOf(defined)
        // A move of 32 bits is no copy: it cuts.
        const source = instr.op === 'move' && instr.width === 64 && 'reg' in instr.a ? instr.a.reg : undefined
        for (const other of alive)
          if (other !== source && other !== defined) {
            node.add(other)
            nodeOf(other).add(defined)
          }
        if (source !== undefined && source !== defined) moves.push([defined, source])
        alive.delete(defined)
      }
      if (instr.op === 'call') for (const register of alive) if (!used.includes(register)) restrict(register, SAVED)
      for (const register of used) {
        if (instr.op === 'call' && alive.has(register)) restrict(register, SAVED)
        nodeOf(register)
        alive.add(register)
      }
      if (instr.op === 'argument') for (const register of alive) restrict(register, NOT_R1)
    }
  }
  // What has to be a certain register comes first, so that it can choose.
  moves.sort((one, other) => Number(other.some((r) => fixed.has(r))) - Number(one.some((r) => fixed.has(r))))
  return { edges, allowed, uses, moves }
}

function colour(graph: Graph, { temporary }: AllocateOptions): Allocation {
  const { edges, uses } = graph
  const allowed = (register: number): number => graph.allowed.get(register) ?? ALL
  // Those with few neighbours last: whatever the others get, something is left for them.
  const degree = new Map([...edges].map(([register, others]) => [register, others.size]))
  const left = new Set(edges.keys())
  const stack: number[] = []
  while (left.size > 0) {
    let pick: number | undefined
    let best = Number.POSITIVE_INFINITY
    for (const register of left) {
      const room = count(allowed(register)) - (degree.get(register) ?? 0)
      const price = (uses.get(register) ?? 0) / ((degree.get(register) ?? 0) + 1)
      // What can wait, then what is cheapest to keep on the stack; temporary ones never.
      const rank = (room > 0 ? 0 : temporary.has(register) || count(allowed(register)) === 1 ? 2e6 : 1e6) + price
      if (rank < best || (rank === best && register < (pick ?? 0))) {
        best = rank
        pick = register
      }
    }
    if (pick === undefined) break
    stack.push(pick)
    left.delete(pick)
    for (const other of edges.get(pick) ?? []) degree.set(other, (degree.get(other) ?? 1) - 1)
  }
  const partners = new Map<number, number[]>()
  for (const [a, b] of graph.moves) {
    partners.set(a, [...(partners.get(a) ?? []), b])
    partners.set(b, [...(partners.get(b) ?? []), a])
  }
  const registers = new Map<number, number>()
  for (const register of stack.reverse()) {
    const near = edges.get(register) ?? new Set<number>()
    let free = allowed(register)
    for (const other of near) {
      const taken = registers.get(other)
      if (taken !== undefined) free &= ~(1 << taken)
    }
    if (free === 0) return { spill: spillOf(register, graph, temporary) }
    const wanted = (partners.get(register) ?? []).map((other) => registers.get(other))
    const liked = wanted.find((one) => one !== undefined && (free & (1 << one)) !== 0)
    const found = liked ?? USUAL.find((one) => (free & (1 << one)) !== 0)
    if (found !== undefined) registers.set(register, found)
  }
  return { registers }
}

/** r0 is kept for results, and what calls leave for what needs it. */
const USUAL: readonly number[] = [2, 3, 4, 5, 1, 0, 6, 7, 8, 9]

/** What costs least to keep on the stack, of a register and its neighbours. */
function spillOf(register: number, { edges, uses, allowed }: Graph, temporary: ReadonlySet<number>): number {
  const mine = allowed.get(register) ?? ALL
  const candidates = [register, ...(edges.get(register) ?? [])].filter((one) => {
    const theirs = allowed.get(one) ?? ALL
    return !temporary.has(one) && count(theirs) > 1 && (theirs & mine) !== 0
  })
  const cost = (one: number): number => (uses.get(one) ?? 0) / ((edges.get(one)?.size ?? 0) + 1)
  const found = candidates.sort((a, b) => cost(a) - cost(b) || a - b)[0]
  if (found === undefined) throw new Error('nothing is left that could go to the stack')
  return found
}
