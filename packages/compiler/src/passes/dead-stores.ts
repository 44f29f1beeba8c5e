import { type Accesses, type AccessSet, accessesOf, addTo, hasStep, isInSet, takeFrom } from '../ir/accesses.ts'
import { reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, type IrFunction } from '../ir/ir.ts'

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
  for (const [number, { place }] of accesses.all.entries())
    if (place.kind === 'memory' && place.region.startsWith('stack ')) addTo(atReturn, 0, number)
  const order = reversePostorder(f)
  /** Accesses whose bytes will be stored before they are read, at the start of each block. */
  const starts = new Uint32Array(f.blocks.length * words).fill(-1)
  /** The same at the place that is looked at. */
  const doomed = new Uint32Array(words)
  const toEndOf = ({ end }: Block): void => {
    if (end.op === 'return') {
      doomed.set(atReturn)
      return
    }
    const [one, other] = end.op === 'jump' ? [end.to, end.to] : [end.yes, end.no]
    for (let i = 0; i < words; i++) doomed[i] = (starts[one * words + i] ?? 0) & (starts[other * words + i] ?? 0)
  }
  /** A register that is written here stands for another place before. */
  const forget = (register: number): void => {
    const found = based.get(register)
    if (found !== undefined) takeFrom(doomed, 0, found)
  }
  const over = (block: Block, seen: (index: number) => void): void => {
    toEndOf(block)
    for (let i = block.instrs.length - 1; i >= 0; i--) {
      const instr = block.instrs[i]
      if (instr === undefined) continue
      if (instr.op === 'store') {
        const number = accesses.numberOf(instr)
        if (isInSet(doomed, 0, number)) seen(i)
        else addTo(doomed, 0, number)
        continue
      }
      const read = accesses.readBy(instr)
      if (read !== undefined) takeFrom(doomed, 0, read)
      const dst = definedBy(instr)
      if (dst !== undefined) forget(dst)
    }
    // So does what depends on where we came from: around a loop it was another one.
    for (const { dst } of block.phis) forget(dst)
  }
  for (let changed = true; changed; ) {
    changed = false
    for (let i = order.length - 1; i >= 0; i--) {
      const at = order[i] ?? 0
      const block = f.blocks[at]
      if (block === undefined) continue
      over(block, () => undefined)
      for (let word = 0; word < words; word++) {
        const next = doomed[word] ?? 0
        if (starts[at * words + word] === next) continue
        starts[at * words + word] = next
        changed = true
      }
    }
  }
  let blocks: Block[] | undefined
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined) continue
    const gone = new Set<number>()
    over(block, (index) => gone.add(index))
    if (gone.size === 0) continue
    blocks ??= [...f.blocks]
    blocks[at] = { phis: block.phis, instrs: block.instrs.filter((_, i) => !gone.has(i)), end: block.end }
  }
  return blocks === undefined ? f : { ...f, blocks }
}

/** Accesses by the register that they start from. */
function byBase({ all, words }: Accesses): ReadonlyMap<number, AccessSet> {
  const found = new Map<number, AccessSet>()
  for (const [number, { base }] of all.entries()) {
    if (!('reg' in base)) continue
    const set = found.get(base.reg) ?? new Uint32Array(words)
    found.set(base.reg, set)
    addTo(set, 0, number)
  }
  return found
}
