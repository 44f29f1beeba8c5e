import type { IrFunction, Operand } from '../ir/ir.ts'
import { definedBy, usesOf, usesOfEnd } from '../ir/ir.ts'
import { liveOut } from '../passes/simplify.ts'

/** Machine registers of the virtual ones; undefined where there are not enough. */
export type Allocation = { readonly registers: ReadonlyMap<number, number> } | { readonly spill: number }

/** r10 is the frame. */
const REGISTERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
/** What a call leaves. */
const SAVED: ReadonlySet<number> = new Set([6, 7, 8, 9])

/** Give copies that do not get in each other's way one register, and colour; without that where it leaves too few. */
export function allocate(f: IrFunction, temporary: ReadonlySet<number>): Allocation {
  const merged = coalesce(f, temporary)
  const found = colorGraph(merged.f, temporary)
  if (!('registers' in found)) return colorGraph(f, temporary)
  const registers = new Map(found.registers)
  for (const [from] of merged.names) {
    const color = found.registers.get(merged.nameOf(from))
    if (color !== undefined) registers.set(from, color)
  }
  return { registers }
}

interface Coalesced {
  readonly f: IrFunction
  readonly names: ReadonlyMap<number, number>
  nameOf(register: number): number
}

/** Registers that are copies of each other and never live at the same time with other values become one. */
function coalesce(f: IrFunction, temporary: ReadonlySet<number>): Coalesced {
  const names = new Map<number, number>()
  const nameOf = (register: number): number => {
    let name = register
    for (let next = names.get(name); next !== undefined; next = names.get(name)) name = next
    return name
  }
  let current = f
  for (let changed = true; changed; ) {
    changed = false
    const { edges } = interference(current)
    for (const block of current.blocks)
      for (const instr of block.instrs) {
        if (instr.op !== 'move' || instr.width !== 64 || !('reg' in instr.a)) continue
        const [a, b] = [nameOf(instr.dst), nameOf(instr.a.reg)]
        if (a === b || temporary.has(a) || temporary.has(b) || edges.get(a)?.has(b) === true) continue
        names.set(b, a)
        changed = true
        const others = edges.get(a) ?? new Set<number>()
        for (const other of edges.get(b) ?? []) {
          others.add(other)
          edges.set(other, (edges.get(other) ?? new Set()).add(a))
        }
        edges.set(a, others)
      }
    if (changed) current = rename(f, nameOf)
  }
  return { f: current, names, nameOf }
}

function rename(f: IrFunction, nameOf: (register: number) => number): IrFunction {
  const put = (operand: Operand): Operand => ('reg' in operand ? { reg: nameOf(operand.reg) } : operand)
  return {
    ...f,
    blocks: f.blocks.map(({ instrs, end }) => ({
      instrs: instrs.map((instr) => ({
        ...instr,
        ...('dst' in instr ? { dst: nameOf(instr.dst) } : {}),
        ...('base' in instr ? { base: nameOf(instr.base) } : {}),
        ...('a' in instr ? { a: put(instr.a) } : {}),
        ...(instr.op === 'binary' ? { b: put(instr.b) } : {}),
        ...(instr.op === 'helper' ? { args: instr.args.map(put) } : {}),
      })),
      end:
        end.op === 'branch'
          ? { ...end, a: put(end.a), b: put(end.b) }
          : end.op === 'return' && end.a !== undefined
            ? { ...end, a: put(end.a) }
            : end,
    })),
  }
}

interface Interference {
  readonly edges: Map<number, Set<number>>
  readonly acrossCall: ReadonlySet<number>
  readonly beforeArguments: ReadonlySet<number>
  readonly wishes: ReadonlyMap<number, ReadonlySet<number>>
  readonly uses: ReadonlyMap<number, number>
  readonly returned: ReadonlySet<number>
}

/** Colour the interference graph: copies share where they can, what lives across a call gets what calls leave. */
function colorGraph(f: IrFunction, temporary: ReadonlySet<number>): Allocation {
  const { edges, acrossCall, beforeArguments, wishes, uses, returned } = interference(f)
  return color(edges, acrossCall, beforeArguments, wishes, uses, returned, temporary)
}

/** Who is alive together, and what else bears on the choice of registers. */
function interference(f: IrFunction): Interference {
  const edges = new Map<number, Set<number>>()
  const acrossCall = new Set<number>()
  const beforeArguments = new Set<number>()
  const wishes = new Map<number, Set<number>>()
  const uses = new Map<number, number>()
  const nodeOf = (register: number): Set<number> => {
    const found = edges.get(register) ?? new Set<number>()
    edges.set(register, found)
    return found
  }
  const connect = (a: number, b: number): void => {
    if (a === b) return
    nodeOf(a).add(b)
    nodeOf(b).add(a)
  }
  const wish = (a: number, b: number): void => {
    wishes.set(a, (wishes.get(a) ?? new Set()).add(b))
    wishes.set(b, (wishes.get(b) ?? new Set()).add(a))
  }
  const returned = new Set<number>()
  const live = liveOut(f)
  for (const [i, block] of f.blocks.entries()) {
    const alive = new Set(live[i])
    for (const register of usesOfEnd(block.end)) alive.add(register)
    if (block.end.op === 'return' && block.end.a !== undefined && 'reg' in block.end.a) returned.add(block.end.a.reg)
    for (const instr of block.instrs.toReversed()) {
      const defined = definedBy(instr)
      const used = usesOf(instr)
      for (const register of [...used, ...(defined === undefined ? [] : [defined])])
        uses.set(register, (uses.get(register) ?? 0) + 1)
      if (defined !== undefined) {
        nodeOf(defined)
        // A move of 32 bits is no copy: it cuts.
        const source = instr.op === 'move' && instr.width === 64 && 'reg' in instr.a ? instr.a.reg : undefined
        for (const other of alive) if (other !== source) connect(defined, other)
        if (source !== undefined) wish(defined, source)
        alive.delete(defined)
      }
      if (instr.op === 'helper') for (const register of alive) acrossCall.add(register)
      for (const register of used) {
        nodeOf(register)
        alive.add(register)
      }
      // The result is written before the right operand is read.
      if (instr.op === 'binary' && 'reg' in instr.b && defined !== undefined) connect(defined, instr.b.reg)
      if (instr.op === 'argument') for (const register of alive) beforeArguments.add(register)
    }
  }
  return { edges, acrossCall, beforeArguments, wishes, uses, returned }
}

function color(
  edges: ReadonlyMap<number, ReadonlySet<number>>,
  acrossCall: ReadonlySet<number>,
  beforeArguments: ReadonlySet<number>,
  wishes: ReadonlyMap<number, ReadonlySet<number>>,
  uses: ReadonlyMap<number, number>,
  returned: ReadonlySet<number>,
  temporary: ReadonlySet<number>,
): Allocation {
  const allowed = (register: number): readonly number[] =>
    REGISTERS.filter(
      (one) => (!acrossCall.has(register) || SAVED.has(one)) && (one !== 1 || !beforeArguments.has(register)),
    )
  // Those with few neighbours last: whatever the others get, something is left for them.
  const left = new Map([...edges].map(([register, others]) => [register, new Set(others)]))
  const stack: number[] = []
  while (left.size > 0) {
    const candidates = [...left].map(([register, others]) => ({
      register,
      room: allowed(register).length - others.size,
      cost: (uses.get(register) ?? 0) / (others.size + 1),
    }))
    const easy = candidates.filter(({ room }) => room > 0)
    const pool = easy.length > 0 ? easy : candidates.filter(({ register }) => !temporary.has(register))
    const [pick] = (pool.length > 0 ? pool : candidates).sort((a, b) => a.cost - b.cost || a.register - b.register)
    if (pick === undefined) break
    stack.push(pick.register)
    for (const other of left.get(pick.register) ?? []) left.get(other)?.delete(pick.register)
    left.delete(pick.register)
  }
  const registers = new Map<number, number>()
  for (const register of stack.reverse()) {
    const taken = new Set([...(edges.get(register) ?? [])].map((other) => registers.get(other)))
    const free = allowed(register).filter((one) => !taken.has(one))
    const wanted = [...(wishes.get(register) ?? [])].map((other) => registers.get(other))
    const best = wanted.find((one) => one !== undefined && free.includes(one))
    // r0 is kept for results, and what calls leave for what needs it.
    const usual = returned.has(register) ? [0, 2, 3, 4, 5, 1, 6, 7, 8, 9] : [2, 3, 4, 5, 1, 6, 7, 8, 9, 0]
    const found = best ?? usual.find((one) => free.includes(one))
    if (found === undefined) return { spill: spillOf(register, edges, uses, temporary) }
    registers.set(register, found)
  }
  return { registers }
}

/** What costs least to keep on the stack, of a register and its neighbours. */
function spillOf(
  register: number,
  edges: ReadonlyMap<number, ReadonlySet<number>>,
  uses: ReadonlyMap<number, number>,
  temporary: ReadonlySet<number>,
): number {
  const candidates = [register, ...(edges.get(register) ?? [])].filter((one) => !temporary.has(one))
  const cost = (one: number): number => (uses.get(one) ?? 0) / ((edges.get(one)?.size ?? 0) + 1)
  return candidates.sort((a, b) => cost(a) - cost(b) || a - b)[0] ?? register
}
