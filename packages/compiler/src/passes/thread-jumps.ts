import { decides, type Fact, factOf } from '../ir/facts.ts'
import { predecessors, reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, hasEffect, type Instr, type IrFunction, type Operand, retarget } from '../ir/ir.ts'
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
      const target = source === undefined ? undefined : decidedBy(blocks, before, one, at, block)
      if (source === undefined || target === undefined) continue
      const copy = blocks.push({ phis: [], instrs: block.instrs, end: { op: 'jump', to: target } }) - 1
      blocks[one] = { ...source, end: retarget(source.end, (to) => (to === at ? copy : to)) }
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
  readonly values: Map<number, Operand>
  facts: Fact[]
}

/** Where a block's branch leads when it is reached from another; undefined where that does not decide it. */
function decidedBy(
  blocks: readonly Block[],
  before: readonly (readonly number[])[],
  from: number,
  at: number,
  block: Block,
): number | undefined {
  const { end } = block
  if (end.op !== 'branch') return undefined
  // The blocks that surely came before, the latest last.
  const chain = [from]
  for (let top = from; chain.length < 8 && top !== 0; ) {
    const [only, ...more] = before[top] ?? []
    if (only === undefined || more.length > 0 || chain.includes(only)) break
    chain.unshift(only)
    top = only
  }
  const known: Known = { values: new Map(), facts: [] }
  for (const [i, one] of chain.entries()) {
    const next = chain[i + 1] ?? at
    const source = blocks[one]
    if (source === undefined) return undefined
    for (const instr of source.instrs) step(instr, known)
    if (source.end.op === 'branch' && source.end.yes !== source.end.no) {
      const fact = factOf(source.end, source.end.yes === next)
      known.facts.unshift({ ...fact, a: currentValue(fact.a, known), b: currentValue(fact.b, known) })
    }
  }
  for (const instr of block.instrs) step(instr, known)
  const question: Fact = { if: end.if, width: end.width, a: currentValue(end.a, known), b: currentValue(end.b, known) }
  const answer =
    'imm' in question.a && 'imm' in question.b
      ? holds(end.if, end.width, question.a.imm, question.b.imm)
      : known.facts.map((fact) => decides(fact, question)).find((one) => one !== undefined)
  return answer === undefined ? undefined : answer ? end.yes : end.no
}

const currentValue = (operand: Operand, { values }: Known): Operand =>
  'reg' in operand ? (values.get(operand.reg) ?? operand) : operand

function step(instr: Instr, known: Known): void {
  const dst = definedBy(instr)
  if (dst === undefined) return
  const value = resultOf(instr, known)
  known.values.delete(dst)
  const mentions = (operand: Operand): boolean => 'reg' in operand && operand.reg === dst
  for (const [register, operand] of known.values) if (mentions(operand)) known.values.delete(register)
  if (known.facts.some(({ a, b }) => mentions(a) || mentions(b)))
    known.facts = known.facts.filter(({ a, b }) => !mentions(a) && !mentions(b))
  if (value !== undefined && !mentions(value)) known.values.set(dst, value)
}

function resultOf(instr: Instr, known: Known): Operand | undefined {
  if (instr.op === 'move') {
    const value = currentValue(instr.a, known)
    if ('imm' in value) return { imm: BigInt.asUintN(instr.width, value.imm) }
    return instr.width === 64 ? value : undefined
  }
  if (instr.op !== 'binary') return undefined
  const [a, b] = [currentValue(instr.a, known), currentValue(instr.b, known)]
  return 'imm' in a && 'imm' in b ? { imm: compute(instr.fn, instr.width, a.imm, b.imm) } : undefined
}
