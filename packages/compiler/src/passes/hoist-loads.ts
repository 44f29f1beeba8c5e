import { NOWHERE, type Span } from '../diagnostics.ts'
import { type Accesses, type AccessSet, accessesOf, atStarts, byBase, type Effects, hasStep } from '../ir/accesses.ts'
import { addTo, eachBit, takeFrom } from '../ir/bits.ts'
import { predecessors, reversePostorder } from '../ir/graph.ts'
import { definedBy, type IrFunction } from '../ir/ir.ts'
import { laidOut } from '../ir/layout.ts'
import { isBitfield } from '../ir/memory.ts'

/**
 * A load that both ways from a branch begin with is made before it, where they meet again soon and where that leaves fewer
 * loads than there were: those behind it are known on every way then, and `reuseLoads` drops them. Nothing is loaded that
 * would not have been.
 *
 * Needs SSA form, keeps it. Bitfields stay where they are: to test one takes fewer instructions than to have its value.
 */
export function hoistLoads(f: IrFunction): IrFunction {
  if (!hasStep(f.blocks, 'load')) return f
  const accesses = accessesOf(f)
  const { words, count, all } = accesses
  const { loads, spans } = firstLoads(f, accesses)
  const before = predecessors(f)
  /** By block, loads that could be made at its end. */
  const candidates = new Uint32Array(f.blocks.length * words)
  let hasSome = false
  for (const [at, { end }] of f.blocks.entries()) {
    if (end.op !== 'branch' || end.yes === end.no) continue
    const sides = [end.yes, end.no]
    const meetSoon = sides.some((to) => (before[to]?.length ?? 0) > 1)
    // Else a register would be taken for long, and what was the same in two places would not be any more.
    if (!meetSoon && sides.some((to) => f.blocks[to]?.end.op === 'branch')) continue
    for (let word = 0; word < words; word++) {
      const both = (loads[end.yes * words + word] ?? 0) & (loads[end.no * words + word] ?? 0)
      candidates[at * words + word] = both
      hasSome ||= both !== 0
    }
  }
  if (!hasSome) return f
  const effects = effectsOf(f, accesses)
  const known = atStarts(f, words, effects)
  const leaves = effects.leaves.map((some, i) => some | (candidates[i] ?? 0))
  const then = atStarts(f, words, { leaves, keeps: effects.keeps })
  /** By access: loads that would be known and were not, less those that would be made. */
  const gain = new Int32Array(count)
  const made: { readonly at: number; readonly access: number }[] = []
  for (const at of reversePostorder(f))
    for (let word = 0; word < words; word++) {
      const here = at * words + word
      const isKnown = then[here] ?? 0
      const gone = isKnown & ~(known[here] ?? 0) & (loads[here] ?? 0)
      eachBit(gone, word, (access) => {
        gain[access] = (gain[access] ?? 0) + 1
      })
      const added = (candidates[here] ?? 0) & ~(effects.leaves[here] ?? 0) & ~(isKnown & (effects.keeps[here] ?? 0))
      eachBit(added, word, (access) => {
        gain[access] = (gain[access] ?? 0) - 1
        made.push({ at, access })
      })
    }
  const blocks = [...f.blocks]
  let { registers } = f
  for (const { at, access } of made) {
    const [block, load] = [blocks[at], all[access]]
    if (block === undefined || load === undefined || (gain[access] ?? 0) <= 0) continue
    const { base, place, size } = load
    const step = laidOut({ op: 'load', dst: registers++, base, place, size }, spans[access] ?? NOWHERE)
    blocks[at] = { phis: block.phis, instrs: [...block.instrs, step], end: block.end }
  }
  return registers === f.registers ? f : { ...f, registers, blocks }
}

/**
 * As sets, one for each block behind the other: what a block loads before anything in it could have changed it, by a pointer
 * from before. And where, by access.
 */
function firstLoads(
  { blocks }: IrFunction,
  accesses: Accesses,
): { readonly loads: Uint32Array; readonly spans: readonly (Span | undefined)[] } {
  const { words } = accesses
  const loads = new Uint32Array(blocks.length * words)
  const spans: (Span | undefined)[] = []
  const based = byBase(accesses)
  for (const [at, { phis, instrs }] of blocks.entries()) {
    const drop = (those: AccessSet | undefined): void => {
      if (those !== undefined) takeFrom(loads, at * words, those)
    }
    for (let i = instrs.length - 1; i >= 0; i--) {
      const instr = instrs[i]
      if (instr === undefined) continue
      drop(based.get(definedBy(instr) ?? -1))
      drop(accesses.changedBy(instr))
      if (instr.op !== 'load' || isBitfield(instr.place)) continue
      const access = accesses.numberOf(instr)
      addTo(loads, at * words, access)
      spans[access] = instr.span
    }
    for (const { dst } of phis) drop(based.get(dst))
  }
  return { loads, spans }
}

/** What blocks do to what is known from loads. */
function effectsOf({ blocks }: IrFunction, accesses: Accesses): Effects {
  const { words } = accesses
  const leaves = new Uint32Array(blocks.length * words)
  const keeps = new Uint32Array(blocks.length * words).fill(-1)
  for (const [at, { instrs }] of blocks.entries())
    for (const instr of instrs) {
      if (instr.op === 'load') addTo(leaves, at * words, accesses.numberOf(instr))
      const changed = accesses.changedBy(instr)
      if (changed === undefined) continue
      takeFrom(leaves, at * words, changed)
      takeFrom(keeps, at * words, changed)
    }
  return { leaves, keeps }
}
