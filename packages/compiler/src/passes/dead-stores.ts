import { reversePostorder } from '../ir/graph.ts'
import { type IrFunction, successors } from '../ir/ir.ts'
import { accessKey, mayRead, unsharedRegions } from '../ir/memory.ts'

/**
 * Stores that nobody can see: the same bytes are stored again on every way from here before anything could read them, or
 * they lie on the stack and the program ends. A data flow backwards over all blocks; SSA form is kept.
 */
export function removeDeadStores(f: IrFunction): IrFunction {
  const unshared = unsharedRegions(f.blocks)
  const stores = new Map<string, Extract<IrFunction['blocks'][number]['instrs'][number], { op: 'store' }>>()
  for (const block of f.blocks)
    for (const instr of block.instrs) if (instr.op === 'store') stores.set(accessKey(instr), instr)
  if (stores.size === 0) return f
  const atReturn = new Set(
    [...stores].flatMap(([key, { place }]) =>
      place.kind === 'memory' && place.region.startsWith('stack ') ? [key] : [],
    ),
  )
  const order = [...reversePostorder(f)].reverse()
  /** Keys whose bytes will be stored before they are read, at the start of each block. */
  const starts = f.blocks.map(() => new Set(stores.keys()))
  const endOf = (at: number): Set<string> => {
    const next = successors(f.blocks[at]?.end ?? { op: 'return', a: undefined })
    const [first, ...others] = next
    if (first === undefined) return new Set(atReturn)
    return new Set([...(starts[first] ?? [])].filter((key) => others.every((other) => starts[other]?.has(key))))
  }
  const over = (at: number, seen: (index: number) => void): Set<string> => {
    const doomed = endOf(at)
    const instrs = f.blocks[at]?.instrs ?? []
    for (let i = instrs.length - 1; i >= 0; i--) {
      const instr = instrs[i]
      if (instr === undefined) continue
      if (instr.op === 'store') {
        const key = accessKey(instr)
        if (doomed.has(key)) seen(i)
        else doomed.add(key)
        continue
      }
      for (const key of doomed) {
        const store = stores.get(key)
        if (store !== undefined && mayRead(instr, store, unshared)) doomed.delete(key)
      }
      // A register that is written here stands for another place before.
      if ('dst' in instr && instr.dst !== undefined)
        for (const key of doomed) {
          const base = stores.get(key)?.base
          if (base !== undefined && 'reg' in base && base.reg === instr.dst) doomed.delete(key)
        }
    }
    // So does what depends on where we came from: around a loop it was another one.
    const phis = new Set(f.blocks[at]?.phis.map((phi) => phi.dst))
    if (phis.size > 0)
      for (const key of doomed) {
        const base = stores.get(key)?.base
        if (base !== undefined && 'reg' in base && phis.has(base.reg)) doomed.delete(key)
      }
    return doomed
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const at of order) {
      const found = over(at, () => undefined)
      if (found.size === starts[at]?.size) continue
      starts[at] = found
      changed = true
    }
  }
  const blocks = [...f.blocks]
  let changed = false
  for (const at of order) {
    const gone = new Set<number>()
    over(at, (index) => gone.add(index))
    const block = f.blocks[at]
    if (block === undefined || gone.size === 0) continue
    blocks[at] = { ...block, instrs: block.instrs.filter((_, i) => !gone.has(i)) }
    changed = true
  }
  return changed ? { ...f, blocks } : f
}
