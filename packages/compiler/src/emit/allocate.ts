import { liveOut } from '../ir/graph.ts'
import { definedBy, type IrFunction, usesOf, usesOfEnd } from '../ir/ir.ts'

/** Machine registers of the virtual ones, or such as have to go to the stack, to one place. */
export type Allocation = { readonly registers: ReadonlyMap<number, number> } | { readonly spill: readonly number[] }

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
  const merged = coalesce(graph, options, rule)
  const found = colour(merged.graph, options)
  const all = [...Array(f.registers).keys()]
  if ('spill' in found) {
    // What became one register goes to the stack as one.
    const name = found.spill[0] ?? 0
    return { spill: all.filter((register) => merged.nameOf(register) === name) }
  }
  const registers = new Map<number, number>()
  for (const register of all) {
    const one = found.registers.get(merged.nameOf(register))
    if (one !== undefined) registers.set(register, one)
  }
  return { registers }
}

interface Graph {
  readonly edges: Map<number, Set<number>>
  /** Machine registers that each may have, as bits. */
  readonly allowed: Map<number, number>
  readonly uses: Map<number, number>
  allowedOf(register: number): number
  readonly moves: readonly (readonly [number, number])[]
}

function coalesce(
  from: Graph,
  { temporary }: AllocateOptions,
  rule: 'all' | 'safe',
): { readonly graph: Graph; nameOf(register: number): number } {
  const names = new Map<number, number>()
  const nameOf = (register: number): number => {
    let name = register
    for (let next = names.get(name); next !== undefined; next = names.get(name)) name = next
    return name
  }
  const graph = copyOf(from)
  const { edges } = graph
  for (let changed = true; changed; ) {
    changed = false
    for (const [one, other] of graph.moves) {
      const [a, b] = [nameOf(one), nameOf(other)]
      if (a === b || temporary.has(a) || temporary.has(b)) continue
      const [mine, theirs] = [edges.get(a), edges.get(b)]
      if (mine === undefined || theirs === undefined || mine.has(b)) continue
      const allowed = graph.allowedOf(a) & graph.allowedOf(b)
      // Something must be left beside those neighbours that have no choice.
      if ((allowed & ~bitsTaken(graph, mine) & ~bitsTaken(graph, theirs)) === 0) continue
      if (rule === 'safe' && !isSafe(graph, mine, theirs, allowed)) continue
      names.set(b, a)
      changed = true
      graph.allowed.set(a, allowed)
      graph.uses.set(a, (graph.uses.get(a) ?? 0) + (graph.uses.get(b) ?? 0))
      for (const neighbour of theirs) {
        const set = edges.get(neighbour)
        set?.delete(b)
        set?.add(a)
        mine.add(neighbour)
      }
      edges.delete(b)
    }
  }
  const moves = graph.moves
    .map(([one, other]): readonly [number, number] => [nameOf(one), nameOf(other)])
    .filter(([one, other]) => one !== other)
  return { graph: { ...graph, moves }, nameOf }
}

/** One that may be changed. */
function copyOf({ edges, allowed, uses, moves }: Graph): Graph {
  const own = new Map(allowed)
  return {
    edges: new Map([...edges].map(([register, others]) => [register, new Set(others)])),
    allowed: own,
    uses: new Map(uses),
    moves,
    allowedOf: (register) => own.get(register) ?? ALL,
  }
}

/** Colours that neighbours have for certain. */
function bitsTaken(graph: Graph, near: ReadonlySet<number>): number {
  let taken = 0
  for (const one of near) {
    const allowed = graph.allowedOf(one)
    if ((allowed & (allowed - 1)) === 0) taken |= allowed
  }
  return taken
}

/** Briggs: with fewer troublesome neighbours than colours, something is left for what two become. */
function isSafe(graph: Graph, mine: ReadonlySet<number>, theirs: ReadonlySet<number>, allowed: number): boolean {
  let trouble = 0
  const look = (one: number): void => {
    const own = graph.allowedOf(one)
    if ((own & allowed) !== 0 && (graph.edges.get(one)?.size ?? 0) >= count(own)) trouble++
  }
  for (const one of mine) look(one)
  for (const one of theirs) if (!mine.has(one)) look(one)
  return trouble < count(allowed)
}

const count = (bits: number): number => {
  let found = 0
  for (let left = bits; left !== 0; left &= left - 1) found++
  return found
}

/** Who is alive together, and which machine registers each may have. */
function interference(f: IrFunction, fixed: ReadonlyMap<number, number>): Graph {
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
  const use = (register: number): void => {
    nodeOf(register)
    uses.set(register, (uses.get(register) ?? 0) + 1)
  }
  const restrict = (register: number, to: number): void =>
    void allowed.set(register, (allowed.get(register) ?? ALL) & to)
  for (const [register, color] of fixed) restrict(register, 1 << color)
  const live = liveOut(f)
  for (const [i, block] of f.blocks.entries()) {
    const alive = new Set(live[i])
    for (const register of usesOfEnd(block.end)) {
      alive.add(register)
      use(register)
    }
    for (let at = block.instrs.length - 1; at >= 0; at--) {
      const instr = block.instrs[at]
      if (instr === undefined) continue
      const defined = definedBy(instr)
      const used = usesOf(instr)
      if (defined !== undefined) {
        use(defined)
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
      // What is alive after a call has to be where calls leave it.
      if (instr.op === 'call') for (const register of alive) restrict(register, SAVED)
      for (const register of used) {
        use(register)
        alive.add(register)
      }
      if (instr.op === 'argument') for (const register of alive) restrict(register, NOT_R1)
    }
  }
  // What has to be a certain register comes first, so that it can choose.
  moves.sort((one, other) => Number(other.some((r) => fixed.has(r))) - Number(one.some((r) => fixed.has(r))))
  return { edges, allowed, uses, moves, allowedOf: (register) => allowed.get(register) ?? ALL }
}

function colour(graph: Graph, { temporary }: AllocateOptions): Allocation {
  const { edges, uses, allowedOf } = graph
  const left = new Map<number, { readonly colours: number; degree: number; readonly stays: boolean }>()
  const easy: number[] = []
  for (const [register, others] of edges) {
    const colours = count(allowedOf(register))
    left.set(register, { colours, degree: others.size, stays: temporary.has(register) || colours === 1 })
    if (others.size < colours) easy.push(register)
  }
  const stack: number[] = []
  const price = (register: number, degree: number): number => (uses.get(register) ?? 0) / (degree + 1)
  while (left.size > 0) {
    // What has more colours than neighbours can wait, whatever the others get; else what is cheapest on the stack.
    let pick = easy.pop()
    if (pick === undefined) {
      let best = Number.POSITIVE_INFINITY
      for (const [register, { degree, stays }] of left) {
        const rank = (stays ? 1e6 : 0) + price(register, degree)
        if (rank < best) {
          best = rank
          pick = register
        }
      }
    }
    if (pick === undefined) break
    if (!left.delete(pick)) continue
    stack.push(pick)
    for (const other of edges.get(pick) ?? []) {
      const node = left.get(other)
      if (node === undefined) continue
      node.degree--
      if (node.degree === node.colours - 1) easy.push(other)
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
  for (let i = stack.length - 1; i >= 0; i--) {
    const register = stack[i] ?? 0
    let free = allowedOf(register)
    for (const other of edges.get(register) ?? []) {
      const taken = registers.get(other)
      if (taken !== undefined) free &= ~(1 << taken)
    }
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
    if (found !== undefined) registers.set(register, found)
  }
  return { registers }
}

/** r0 is kept for results, and what calls leave for what needs it. */
const USUAL: readonly number[] = [2, 3, 4, 5, 1, 0, 6, 7, 8, 9]

/** What costs least to keep on the stack, of a register and its neighbours. */
function spillOf(register: number, { edges, uses, allowedOf }: Graph, temporary: ReadonlySet<number>): number {
  const mine = allowedOf(register)
  const candidates = [register, ...(edges.get(register) ?? [])].filter((one) => {
    const theirs = allowedOf(one)
    return !temporary.has(one) && count(theirs) > 1 && (theirs & mine) !== 0
  })
  const cost = (one: number): number => (uses.get(one) ?? 0) / ((edges.get(one)?.size ?? 0) + 1)
  const found = candidates.sort((a, b) => cost(a) - cost(b) || a - b)[0]
  if (found === undefined) throw new Error('nothing is left that could go to the stack')
  return found
}
