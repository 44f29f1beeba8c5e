import { NOWHERE } from '../diagnostics.ts'
import { dominators, predecessors } from './graph.ts'
import {
  type Block,
  definedBy,
  type Instr,
  type IrFunction,
  type Operand,
  type Phi,
  type Terminator,
  usesOf,
  usesOfEnd,
} from './ir.ts'
import { mapEnd, mapOperands, moveStep, retarget, withDst } from './layout.ts'
import { type Liveness, liveness } from './liveness.ts'
import { withoutUnreached } from './rewrite.ts'

/**
 * SSA form: every register is written once. Where ways meet that bring different values, a phi chooses. Copies and numbers
 * disappear on the way, since a name for a value that cannot change is not needed. Blocks that nobody reaches are gone.
 *
 * Phis stand on the dominance frontiers of what is written (Cytron et al. 1991), where the register is still alive.
 */
export function toSsa(source: IrFunction): IrFunction {
  const f = withoutUnreached(source)
  const { order, idom, children } = dominators(f)
  const before = predecessors(f)
  const wanted = placePhis(f, order, idom, before)

  // Every register gets another name: as many as there are, sets of them stay small.
  let registers = 0
  const blocks: Block[] = f.blocks.map(() => ({ phis: [], instrs: [], end: { op: 'return', a: undefined } }))
  const phis: { dst: number; register: number; from: Map<number, Operand> }[][] = f.blocks.map(() => [])
  for (const block of order)
    for (const register of wanted[block] ?? []) phis[block]?.push({ dst: registers++, register, from: new Map() })

  // Down the dominator tree, with what each register of old is at the moment; on the way back it is as it was.
  const names: (Operand | undefined)[] = []
  const put = (operand: Operand): Operand => ('imm' in operand ? operand : (names[operand.reg] ?? ANY))
  const choose = (next: number, from: number): void => {
    for (const phi of phis[next] ?? []) phi.from.set(from, names[phi.register] ?? ANY)
  }
  const walk = (block: number): void => {
    const old = f.blocks[block]
    if (old === undefined) return
    const renamed: number[] = []
    const before: (Operand | undefined)[] = []
    const rename = (register: number, operand: Operand): void => {
      renamed.push(register)
      before.push(names[register])
      names[register] = operand
    }
    for (const { dst, register } of phis[block] ?? []) rename(register, { reg: dst })
    const instrs: Instr[] = []
    for (const instr of old.instrs) {
      if (instr.op === 'move') {
        const a = put(instr.a)
        if ('imm' in a || instr.width === 64) {
          rename(instr.dst, 'imm' in a && instr.width === 32 ? { imm: BigInt.asUintN(32, a.imm) } : a)
          continue
        }
      }
      const next = mapOperands(instr, put)
      const dst = definedBy(next)
      if (dst === undefined) {
        instrs.push(next)
        continue
      }
      const fresh = registers++
      rename(dst, { reg: fresh })
      instrs.push(withDst(next, fresh))
    }
    const end = mapEnd(old.end, put)
    if (end.op === 'jump') choose(end.to, block)
    else if (end.op === 'branch') {
      choose(end.yes, block)
      if (end.no !== end.yes) choose(end.no, block)
    }
    blocks[block] = { phis: [], instrs, end }
    for (const child of children[block] ?? []) walk(child)
    for (let i = renamed.length - 1; i >= 0; i--) names[renamed[i] ?? 0] = before[i]
  }
  walk(0)
  const made = blocks.map(
    ({ instrs, end }, at): Block => ({
      phis: (phis[at] ?? []).map(({ dst, from }): Phi => ({ dst, from })),
      instrs,
      end,
    }),
  )
  return { ...f, registers, blocks: made }
}

/** What is read before it was written. */
const ANY: Operand = { imm: 0n }

/** Registers that need a phi, by block. */
function placePhis(
  f: IrFunction,
  order: readonly number[],
  idom: Int32Array,
  before: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const wanted: number[][] = f.blocks.map(() => [])
  const frontier: number[][] = f.blocks.map(() => [])
  let joins = 0
  for (const block of order) {
    const from = before[block] ?? []
    if (from.length < 2) continue
    joins++
    for (const one of from)
      for (let at = one; at !== idom[block]; at = idom[at] ?? 0) {
        const found = frontier[at]
        if (found?.at(-1) !== block) found?.push(block)
        if (at === 0) break
      }
  }
  if (joins === 0) return wanted
  // A loop back to the first block would need a block before it: lowering makes none.
  const { writers, registers } = severalWriters(f, order)
  const alive = aliveAtStart(f, order, before, writers)
  for (const register of registers) {
    const work = [...(writers[register] ?? [])]
    const isAlive = alive[register]
    for (let at = work.pop(); at !== undefined && isAlive !== undefined; at = work.pop())
      for (const block of frontier[at] ?? []) {
        const found = wanted[block]
        if (found === undefined || found.at(-1) === register || !isAlive.has(block)) continue
        found.push(register)
        work.push(block)
      }
  }
  return wanted
}

/** Registers that several blocks write, with these blocks: no other needs a phi, as it is written before it is read. */
function severalWriters(
  f: IrFunction,
  order: readonly number[],
): { readonly writers: readonly (readonly number[] | undefined)[]; readonly registers: readonly number[] } {
  const first = new Int32Array(f.registers).fill(-1)
  const writers: (number[] | undefined)[] = new Array(f.registers)
  const written: number[] = []
  for (const block of order)
    for (const instr of f.blocks[block]?.instrs ?? []) {
      const dst = definedBy(instr)
      if (dst === undefined || first[dst] === block) continue
      const found = writers[dst]
      if (first[dst] === -1) {
        first[dst] = block
        written.push(dst)
      } else if (found === undefined) writers[dst] = [first[dst] ?? 0, block]
      else if (found.at(-1) !== block) found.push(block)
    }
  return { writers, registers: written.filter((register) => writers[register] !== undefined) }
}

/** Blocks at whose start a register is alive, for some registers: from each reading back to where it was written. */
function aliveAtStart(
  f: IrFunction,
  order: readonly number[],
  before: readonly (readonly number[])[],
  writers: readonly (readonly number[] | undefined)[],
): readonly (ReadonlySet<number> | undefined)[] {
  const alive: (Set<number> | undefined)[] = new Array(f.registers)
  const read = (register: number, block: number): void => {
    const blocks = writers[register]
    if (blocks === undefined) return
    const found = alive[register] ?? new Set<number>()
    alive[register] = found
    const work = [block]
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      if (found.has(at)) continue
      found.add(at)
      for (const from of before[at] ?? []) if (!blocks.includes(from)) work.push(from)
    }
  }
  /** By register: the last block that was seen to write it. */
  const written = new Int32Array(f.registers).fill(-1)
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined) continue
    for (const instr of block.instrs) {
      for (const register of usesOf(instr)) if (written[register] !== at) read(register, at)
      const dst = definedBy(instr)
      if (dst !== undefined) written[dst] = at
    }
    for (const register of usesOfEnd(block.end)) if (written[register] !== at) read(register, at)
  }
  return alive
}

type Copy = { readonly dst: number; readonly a: Operand }

/**
 * Out of SSA form: phis become copies at the ends of the blocks that lead to them. Where such a block may also go elsewhere,
 * the copies stand before its branch if what they write is not alive on the other way, else in a block of their own.
 */
export function fromSsa(f: IrFunction): IrFunction {
  if (f.blocks.every((block) => block.phis.length === 0)) return f
  let registers = f.registers
  // Only asked where a block may go elsewhere.
  let live: Liveness | undefined
  const blocks = f.blocks.map(({ instrs, end }) => ({ phis: [] as readonly Phi[], instrs, end }))
  const copies = (block: number, from: number): readonly Copy[] => {
    const found: Copy[] = []
    for (const { dst, from: ways } of f.blocks[block]?.phis ?? []) {
      const a = ways.get(from)
      if (a !== undefined && !('reg' in a && a.reg === dst)) found.push({ dst, a })
    }
    return found
  }
  const leave = (at: number, { instrs, end }: Block, next: number, other: number | undefined): void => {
    const wanted = copies(next, at)
    const block = blocks[at]
    if (wanted.length === 0 || block === undefined) return
    const span = instrs.at(-1)?.span ?? NOWHERE
    const moves = inOrder(wanted, () => registers++).map(({ dst, a }): Instr => moveStep(64, dst, a, span))
    if (other === undefined || !isSeen(wanted, end, other, copies(other, at))) {
      block.instrs = [...block.instrs, ...moves]
      return
    }
    const split = blocks.push({ phis: [], instrs: moves, end: { op: 'jump', to: next } }) - 1
    block.end = retarget(block.end, (to) => (to === next ? split : to))
  }
  /** Would it be noticed on the other way, or by the branch itself, if registers were written before the branch? */
  const isSeen = (wanted: readonly Copy[], end: Terminator, other: number, needed: readonly Copy[]): boolean => {
    live ??= liveness(f)
    const alive = live.before(other)
    const phis = f.blocks[other]?.phis ?? []
    return wanted.some(({ dst }) => {
      const isIt = (operand: Operand): boolean => 'reg' in operand && operand.reg === dst
      if (end.op === 'branch' && (isIt(end.a) || isIt(end.b))) return true
      return alive.has(dst) || needed.some(({ a }) => isIt(a)) || phis.some((phi) => phi.dst === dst)
    })
  }
  for (const [at, block] of f.blocks.entries()) {
    const { end } = block
    if (end.op === 'jump') leave(at, block, end.to, undefined)
    else if (end.op === 'branch') {
      const isOne = end.yes === end.no
      leave(at, block, end.yes, isOne ? undefined : end.no)
      if (!isOne) leave(at, block, end.no, end.yes)
    }
  }
  return { ...f, registers, blocks }
}

/** Copies that happen at once, one after the other: what is still to be read is not overwritten. */
function inOrder(wanted: readonly Copy[], fresh: () => number): readonly Copy[] {
  const done: Copy[] = []
  let left = [...wanted]
  while (left.length > 0) {
    const free = left.findIndex(
      ({ dst, a }) => !left.some((other) => other.a !== a && 'reg' in other.a && other.a.reg === dst),
    )
    const next = left[free]
    if (next !== undefined) {
      done.push(next)
      left.splice(free, 1)
      continue
    }
    // A circle: keep one of its values aside.
    const [first] = left
    if (first === undefined) break
    const aside = fresh()
    done.push({ dst: aside, a: { reg: first.dst } })
    left = left.map(({ dst, a }) => ({ dst, a: 'reg' in a && a.reg === first.dst ? { reg: aside } : a }))
  }
  return done
}
