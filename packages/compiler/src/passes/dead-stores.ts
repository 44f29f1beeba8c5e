import { type AccessSet, accessesOf, byBase, hasStep } from '../ir/accesses.ts'
import { addAllTo, addTo, isInSet, takeFrom } from '../ir/bits.ts'
import { reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, type IrFunction } from '../ir/ir.ts'
import { isOnStack } from '../ir/memory.ts'

/**
 * Stores that nobody can see: the same bytes are stored again on every way from here before anything could read them, or
 * they lie on the stack and the program ends. A data flow backwards over all blocks; SSA form is kept.
 */
export function removeDeadStores(f: IrFunction): IrFunction {
  if (!hasStep(f.blocks, 'store')) return f
  const accesses = accessesOf(f)
  const { words } = accesses
  const based = byBase(accesses)
  const atReturn = new Uint32Array(words)
  for (const [number, { place }] of accesses.all.entries()) if (isOnStack(place)) addTo(atReturn, 0, number)
  const order = reversePostorder(f)
  /** Accesses whose bytes will be stored before they are read, at the place that is looked at; and those that will not. */
  const doomed = new Uint32Array(words)
  const seen = new Uint32Array(words)
  const spare = (set: AccessSet | undefined): void => {
    if (set === undefined) return
    takeFrom(doomed, 0, set)
    addAllTo(seen, 0, set)
  }
  /** From what is doomed at the end of a block to what is at its start; says which stores nobody can see. */
  const over = ({ instrs, phis }: Block, dead?: (index: number) => void): void => {
    for (let i = instrs.length - 1; i >= 0; i--) {
      const instr = instrs[i]
      if (instr === undefined) continue
      if (instr.op === 'store') {
        const number = accesses.numberOf(instr)
        if (isInSet(doomed, 0, number)) dead?.(i)
        else addTo(doomed, 0, number)
        continue
      }
      spare(accesses.readBy(instr))
      // A register that is written here stands for another place before.
      const dst = definedBy(instr)
      if (dst !== undefined) spare(based.get(dst))
    }
    // So does what depends on where we came from: around a loop it was another one.
    for (const { dst } of phis) spare(based.get(dst))
  }
  // What each block does to a set, whatever comes after it.
  const dooms = new Uint32Array(f.blocks.length * words)
  const keeps = new Uint32Array(f.blocks.length * words)
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined) continue
    doomed.fill(0)
    seen.fill(0)
    over(block)
    dooms.set(doomed, at * words)
    for (let i = 0; i < words; i++) keeps[at * words + i] = ~(seen[i] ?? 0)
  }
  const starts = new Uint32Array(f.blocks.length * words).fill(-1)
  const atEnd = ({ end }: Block, word: number): number => {
    if (end.op === 'return') return atReturn[word] ?? 0
    if (end.op === 'jump') return starts[end.to * words + word] ?? 0
    return (starts[end.yes * words + word] ?? 0) & (starts[end.no * words + word] ?? 0)
  }
  for (let changed = true; changed; ) {
    changed = false
    for (let i = order.length - 1; i >= 0; i--) {
      const at = order[i] ?? 0
      const block = f.blocks[at]
      for (let word = 0; block !== undefined && word < words; word++) {
        const here = at * words + word
        const next = ((dooms[here] ?? 0) | (atEnd(block, word) & (keeps[here] ?? 0))) >>> 0
        if (starts[here] === next) continue
        starts[here] = next
        changed = true
      }
    }
  }
  let blocks: Block[] | undefined
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined || !block.instrs.some(({ op }) => op === 'store')) continue
    const gone = new Set<number>()
    for (let word = 0; word < words; word++) doomed[word] = atEnd(block, word)
    over(block, (index) => gone.add(index))
    if (gone.size === 0) continue
    blocks ??= [...f.blocks]
    blocks[at] = { phis: block.phis, instrs: block.instrs.filter((_, i) => !gone.has(i)), end: block.end }
  }
  return blocks === undefined ? f : { ...f, blocks }
}
