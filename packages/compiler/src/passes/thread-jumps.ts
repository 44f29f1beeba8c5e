import { decides, type Fact, factOf } from '../ir/facts.ts'
import { predecessors, reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, hasEffect, type Instr, type IrFunction, type Operand } from '../ir/ir.ts'
import { retarget } from '../ir/layout.ts'
import { fromSsa, toSsa } from '../ir/ssa.ts'
import { cleanBlocks } from './clean-blocks.ts'
import { compute, holds } from './fold.ts'

/**
 * A way that leads to a branch whose outcome it decides goes straight to where the branch would lead: `if (a && b)` computed
 * as a number and then tested, a condition that was tested before the ways met. The few steps of the block in between are
 * repeated on that way.
 *
 * It works outside of SSA form, where repeating steps breaks nothing, and returns to it.
 */
export function threadJumps(f: IrFunction): IrFunction {
  let current = cleanBlocks(fromSsa(f))
  let changed = reversePostorder(current).length !== reversePostorder(f).length
  for (let round = 0; round < 64; round++) {
    const next = threadOnce(current)
    if (next === current) break
    current = cleanBlocks(next)
    changed = true
  }
  return changed ? toSsa(current) : f
}

/** Steps that may be repeated, moves aside. */
const MOST_STEPS = 2

/** Over all blocks once: what one way is spared may be known of the next one. */
function threadOnce(f: IrFunction): IrFunction {
  const order = reversePostorder(f)
  const blocks = [...f.blocks]
  const before = predecessors(f).map((from) => [...from])
  const known = nothingKnown(f.registers)
  /** A block comes before those that it leads to, except backwards in loops; copies are where their originals are. */
  const place: number[] = []
  for (const [i, at] of order.entries()) place[at] = i
  for (const at of order) {
    const block = blocks[at]
    // What bounds an index may be known here, but not to the verifier.
    if (block?.end.op !== 'branch' || at === 0 || block.end.guard === true) continue
    const from = before[at] ?? []
    // The head of a loop stays its only entrance.
    if (from.length < 2 || !isShort(block) || from.some((one) => (place[one] ?? 0) >= (place[at] ?? 0))) continue
    for (const one of [...from]) {
      const source = blocks[one]
      const target = source === undefined ? undefined : decidedBy(blocks, before, one, at, block, known)
      if (source === undefined || target === undefined) continue
      const copy = blocks.push({ phis: [], instrs: block.instrs, end: { op: 'jump', to: target } }) - 1
      blocks[one] = {
        phis: source.phis,
        instrs: source.instrs,
        end: retarget(source.end, (to) => (to === at ? copy : to)),
      }
      place[copy] = place[at] ?? 0
      before[copy] = [one]
      before[at] = (before[at] ?? []).filter((other) => other !== one)
      before[target]?.push(copy)
    }
  }
  return blocks.length === f.blocks.length ? f : { ...f, blocks }
}

function isShort({ instrs }: Block): boolean {
  let steps = 0
  for (const instr of instrs) {
    if (instr.op === 'move') continue
    if (++steps > MOST_STEPS || hasEffect(instr) || instr.op === 'argument') return false
  }
  return true
}

/** What is known along one way. */
interface Known {
  /** Nothing is, at the start of the next way. */
  clear(): void
  /** Go over a step. */
  step(instr: Instr): void
  /** Go over a branch. */
  learn(fact: Fact): void
  /** What an operand is here: what its register was copied from, or the number that it holds. */
  now(operand: Operand): Operand
  /** Does it decide a question? The latest that does. */
  answer(question: Fact): boolean | undefined
}

/**
 * Each time that a register is written it has another version: what was said of an older one does not hold any more, and need
 * not be looked for.
 */
function nothingKnown(registers: number): Known {
  const versions = new Int32Array(registers)
  const versionOf = (operand: Operand): number => ('reg' in operand ? (versions[operand.reg] ?? 0) : 0)
  /** By register: what it holds, if that was found on this way, and the version of what it was copied from. */
  const values: Operand[] = []
  const ways = new Int32Array(registers)
  const of = new Int32Array(registers)
  let facts: { readonly fact: Fact; readonly a: number; readonly b: number }[] = []
  let way = 0
  const now = (operand: Operand): Operand => {
    if ('imm' in operand || ways[operand.reg] !== way) return operand
    const value = values[operand.reg]
    return value !== undefined && of[operand.reg] === versionOf(value) ? value : operand
  }
  return {
    clear() {
      way++
      facts = []
    },
    step(instr) {
      const dst = definedBy(instr)
      if (dst === undefined) return
      const value = resultOf(instr, now)
      versions[dst] = (versions[dst] ?? 0) + 1
      ways[dst] = 0
      if (value === undefined || ('reg' in value && value.reg === dst)) return
      values[dst] = value
      ways[dst] = way
      of[dst] = versionOf(value)
    },
    learn(fact) {
      const [a, b] = [now(fact.a), now(fact.b)]
      facts.push({ fact: { if: fact.if, width: fact.width, a, b }, a: versionOf(a), b: versionOf(b) })
    },
    now,
    answer(question) {
      for (let i = facts.length - 1; i >= 0; i--) {
        const known = facts[i]
        if (known === undefined || known.a !== versionOf(known.fact.a) || known.b !== versionOf(known.fact.b)) continue
        const answer = decides(known.fact, question)
        if (answer !== undefined) return answer
      }
      return undefined
    },
  }
}

/** Where a block's branch leads when it is reached from another; undefined where that does not decide it. */
function decidedBy(
  blocks: readonly Block[],
  before: readonly (readonly number[])[],
  from: number,
  at: number,
  block: Block,
  known: Known,
): number | undefined {
  const { end } = block
  if (end.op !== 'branch') return undefined
  // The blocks that surely came before, the latest first.
  const chain = [from]
  for (let top = from; chain.length < 8 && top !== 0; ) {
    const above = before[top] ?? []
    const [only] = above
    if (only === undefined || above.length > 1 || chain.includes(only)) break
    chain.push(only)
    top = only
  }
  known.clear()
  for (let i = chain.length - 1; i >= 0; i--) {
    const source = blocks[chain[i] ?? 0]
    if (source === undefined) return undefined
    for (const instr of source.instrs) known.step(instr)
    if (source.end.op === 'branch' && source.end.yes !== source.end.no)
      known.learn(factOf(source.end, source.end.yes === (chain[i - 1] ?? at)))
  }
  for (const instr of block.instrs) known.step(instr)
  const question: Fact = { if: end.if, width: end.width, a: known.now(end.a), b: known.now(end.b) }
  const answer =
    'imm' in question.a && 'imm' in question.b
      ? holds(end.if, end.width, question.a.imm, question.b.imm)
      : known.answer(question)
  return answer === undefined ? undefined : answer ? end.yes : end.no
}

function resultOf(instr: Instr, now: (operand: Operand) => Operand): Operand | undefined {
  if (instr.op === 'move') {
    const value = now(instr.a)
    if ('imm' in value) return { imm: BigInt.asUintN(instr.width, value.imm) }
    return instr.width === 64 ? value : undefined
  }
  if (instr.op !== 'binary') return undefined
  const a = now(instr.a)
  if ('reg' in a) return undefined
  const b = now(instr.b)
  return 'imm' in b ? { imm: compute(instr.fn, instr.width, a.imm, b.imm) } : undefined
}
