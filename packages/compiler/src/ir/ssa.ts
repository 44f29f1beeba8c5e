import { dominators, liveIn, liveOut, NO_REGISTERS, predecessors, type Registers } from './graph.ts'
import {
  type Block,
  definedBy,
  type Instr,
  type IrFunction,
  mapEnd,
  mapOperands,
  type Operand,
  type Phi,
  successors,
  type Terminator,
} from './ir.ts'

/**
 * SSA form: every register is written once. Where ways meet that bring different values, a phi chooses. Copies and numbers
 * disappear on the way, since a name for a value that cannot change is not needed. Blocks that nobody reaches are emptied.
 *
 * Phis stand on the dominance frontiers of what is written (Cytron et al. 1991), where the register is still alive.
 */
export function toSsa(f: IrFunction): IrFunction {
  const { order, idom, children } = dominators(f)
  const before = predecessors(f)
  const outs = liveOut(f)
  const wanted = placePhis(f, order, idom, before, outs)

  let registers = f.registers
  const blocks: Block[] = f.blocks.map(() => ({ phis: [], instrs: [], end: { op: 'return', a: undefined } }))
  const phis: { dst: number; register: number; from: Map<number, Operand> }[][] = f.blocks.map(() => [])
  for (const block of order)
    phis[block] = [...(wanted.get(block) ?? [])].map((register) => ({ dst: registers++, register, from: new Map() }))

  // Down the dominator tree, with what each register of old is at the moment; on the way back it is as it was.
  const names: (Operand | undefined)[] = []
  const put = (operand: Operand): Operand => ('imm' in operand ? operand : (names[operand.reg] ?? { imm: 0n })) // read before it was written: any value will do
  const walk = (block: number): void => {
    const old = f.blocks[block]
    if (old === undefined) return
    const undo: (readonly [number, Operand | undefined])[] = []
    const rename = (register: number, operand: Operand): void => {
      undo.push([register, names[register]])
      names[register] = operand
    }
    for (const { dst, register } of phis[block] ?? []) rename(register, { reg: dst })
    for (const phi of old.phis) rename(phi.dst, { reg: phi.dst })
    const instrs: Instr[] = []
    for (const instr of old.instrs) {
      const next = mapOperands(instr, put)
      const dst = definedBy(next)
      if (next.op === 'move' && ('imm' in next.a || next.width === 64)) {
        const value = next.a
        rename(next.dst, 'imm' in value && next.width === 32 ? { imm: BigInt.asUintN(32, value.imm) } : value)
        continue
      }
      if (dst === undefined || !('dst' in next)) {
        instrs.push(next)
        continue
      }
      const fresh = registers++
      rename(dst, { reg: fresh })
      instrs.push({ ...next, dst: fresh })
    }
    const end = mapEnd(old.end, put)
    for (const next of new Set(successors(end)))
      for (const { register, from } of phis[next] ?? []) from.set(block, put({ reg: register }))
    blocks[block] = { phis: [], instrs, end }
    for (const child of children[block] ?? []) walk(child)
    for (let i = undo.length - 1; i >= 0; i--) {
      const [register, operand] = undo[i] ?? [0, undefined]
      names[register] = operand
    }
  }
  walk(0)
  const made = blocks.map(
    (block, at): Block => ({ ...block, phis: (phis[at] ?? []).map(({ dst, from }): Phi => ({ dst, from })) }),
  )
  return renumbered({ ...f, registers, blocks: made })
}

/** The same function with as many registers as it has, in the same order: sets of them stay small. */
function renumbered(f: IrFunction): IrFunction {
  const written = new Uint8Array(f.registers)
  for (const block of f.blocks) {
    for (const phi of block.phis) written[phi.dst] = 1
    for (const instr of block.instrs) {
      const dst = definedBy(instr)
      if (dst !== undefined) written[dst] = 1
    }
  }
  const numbers = new Int32Array(f.registers)
  let registers = 0
  // Now and then is enough.
  if (2 * written.reduce((sum, one) => sum + one, 0) > f.registers) return f
  for (let old = 0; old < f.registers; old++) if (written[old] === 1) numbers[old] = registers++
  const operands: Operand[] = []
  const put = (operand: Operand): Operand => {
    if ('imm' in operand) return operand
    const number = numbers[operand.reg] ?? 0
    const known = operands[number]
    if (known !== undefined) return known
    const made = { reg: number }
    operands[number] = made
    return made
  }
  const blocks = f.blocks.map(
    (block): Block => ({
      phis: block.phis.map(({ dst, from }) => ({
        dst: numbers[dst] ?? 0,
        from: new Map([...from].map(([at, value]) => [at, put(value)])),
      })),
      instrs: block.instrs.map((instr) => {
        const next = mapOperands(instr, put)
        return 'dst' in next && next.dst !== undefined ? { ...next, dst: numbers[next.dst] ?? 0 } : next
      }),
      end: mapEnd(block.end, put),
    }),
  )
  return { ...f, registers, blocks }
}

/** Registers that need a phi, by block. */
function placePhis(
  f: IrFunction,
  order: readonly number[],
  idom: Int32Array,
  before: readonly (readonly number[])[],
  outs: readonly Registers[],
): ReadonlyMap<number, ReadonlySet<number>> {
  const frontier = new Map<number, Set<number>>()
  for (const block of order) {
    const from = before[block] ?? []
    if (from.length < 2) continue
    for (const one of from)
      for (let at = one; at !== idom[block]; at = idom[at] ?? 0) {
        const found = frontier.get(at) ?? new Set()
        frontier.set(at, found.add(block))
        if (at === 0) break
      }
  }
  // A loop back to the first block would need a block before it: lowering makes none.
  const writers = new Map<number, Set<number>>()
  for (const block of order)
    for (const instr of f.blocks[block]?.instrs ?? []) {
      const dst = definedBy(instr)
      if (dst !== undefined) writers.set(dst, (writers.get(dst) ?? new Set()).add(block))
    }
  const ins = new Map(
    order.map((block) => [
      block,
      liveIn(
        f.blocks[block] ?? { phis: [], instrs: [], end: { op: 'return', a: undefined } },
        outs[block] ?? NO_REGISTERS,
      ),
    ]),
  )
  const wanted = new Map<number, Set<number>>()
  for (const [register, from] of writers) {
    const work = [...from]
    for (let at = work.pop(); at !== undefined; at = work.pop())
      for (const block of frontier.get(at) ?? []) {
        const found = wanted.get(block) ?? new Set()
        if (found.has(register) || ins.get(block)?.has(register) !== true) continue
        wanted.set(block, found.add(register))
        work.push(block)
      }
  }
  return wanted
}

/**
 * Out of SSA form: phis become copies at the ends of the blocks that lead to them. Where such a block may also go elsewhere,
 * the copies stand before its branch if what they write is not alive on the other way, else in a block of their own.
 */
export function fromSsa(f: IrFunction): IrFunction {
  let registers = f.registers
  const outs = liveOut(f)
  const ins = f.blocks.map((block, at) => liveIn(block, outs[at] ?? NO_REGISTERS))
  const blocks = f.blocks.map((block) => ({ ...block, phis: [] as readonly Phi[], instrs: [...block.instrs] }))
  const ends: Terminator[] = f.blocks.map((block) => block.end)
  const span = (at: number) => f.blocks[at]?.instrs.at(-1)?.span ?? { start: 0, end: 0 }
  const copies = (block: number, from: number): readonly { readonly dst: number; readonly a: Operand }[] =>
    (f.blocks[block]?.phis ?? []).flatMap((phi) => {
      const a = phi.from.get(from)
      return a === undefined || ('reg' in a && a.reg === phi.dst) ? [] : [{ dst: phi.dst, a }]
    })
  for (const [at, block] of f.blocks.entries()) {
    for (const next of new Set(successors(block.end))) {
      const wanted = copies(next, at)
      if (wanted.length === 0) continue
      const moves = inOrder(wanted, () => registers++).map(
        ({ dst, a }): Instr => ({ op: 'move', width: 64, dst, a, span: span(at) }),
      )
      const others = successors(block.end).filter((other) => other !== next)
      const written = new Set(wanted.map(({ dst }) => dst))
      const alive = (other: number): boolean =>
        [...written].some(
          (register) => ins[other]?.has(register) === true || f.blocks[other]?.phis.some((phi) => phi.dst === register),
        )
      const read = block.end.op === 'branch' ? [block.end.a, block.end.b] : []
      const needed = [...read, ...others.flatMap((other) => copies(other, at).map(({ a }) => a))]
      const clash = needed.some((operand) => 'reg' in operand && written.has(operand.reg))
      if (others.length === 0 || (!clash && !others.some(alive))) {
        blocks[at]?.instrs.push(...moves)
        continue
      }
      const split = blocks.push({ phis: [], instrs: moves, end: { op: 'jump', to: next } }) - 1
      ends.push({ op: 'jump', to: next })
      const end = ends[at] ?? block.end
      if (end.op === 'jump') ends[at] = { op: 'jump', to: split }
      else if (end.op === 'branch')
        ends[at] = { ...end, yes: end.yes === next ? split : end.yes, no: end.no === next ? split : end.no }
    }
  }
  return { ...f, registers, blocks: blocks.map((block, at) => ({ ...block, end: ends[at] ?? block.end })) }
}

/** Copies that happen at once, one after the other: what is still to be read is not overwritten. */
function inOrder(
  wanted: readonly { readonly dst: number; readonly a: Operand }[],
  fresh: () => number,
): readonly { readonly dst: number; readonly a: Operand }[] {
  const done: { dst: number; a: Operand }[] = []
  let left = [...wanted]
  while (left.length > 0) {
    const reads = (register: number) => left.some(({ a }) => 'reg' in a && a.reg === register)
    const free = left.find(
      ({ dst, a }) => !left.some((other) => other.a !== a && 'reg' in other.a && other.a.reg === dst),
    )
    if (free !== undefined) {
      done.push(free)
      left = left.filter((one) => one !== free)
      continue
    }
    // A circle: keep one of its values aside.
    const [first] = left
    if (first === undefined) break
    const aside = fresh()
    done.push({ dst: aside, a: { reg: first.dst } })
    left = left.map(({ dst, a }) => ({ dst, a: 'reg' in a && a.reg === first.dst ? { reg: aside } : a }))
    if (reads(first.dst)) throw new Error('a circle of copies was not opened')
  }
  return done
}
