import { predecessors, reversePostorder } from '../ir/graph.ts'
import type { Block, Instr, IrFunction, Operand, Phi } from '../ir/ir.ts'
import { accessLike } from '../ir/layout.ts'
import { accessKey, mayOverlap, mayRead } from '../ir/memory.ts'

/**
 * Where all ways to a block end with a store to the same place, one store at its start does for all, of a phi of the
 * values. A number has to get into a register for that, so it is done only where it makes the program shorter.
 * Needs SSA form, keeps it.
 */
export function sinkStores(f: IrFunction): IrFunction {
  const blocks: Block[] = [...f.blocks]
  const before = predecessors(f)
  let registers = f.registers
  for (const at of reversePostorder(f)) {
    const from = before[at] ?? []
    if (from.length < 2 || !from.every((one) => one !== at && blocks[one]?.end.op === 'jump')) continue
    for (let found = sinkable(blocks, from); found !== undefined; found = sinkable(blocks, from)) {
      const [first] = found
      const block = blocks[at]
      if (first === undefined || block === undefined) break
      const values = new Map(from.map((one, i): [number, Operand] => [one, found?.[i]?.store.a ?? { imm: 0n }]))
      const phi: Phi = { dst: registers++, from: values }
      for (const [i, one] of from.entries()) {
        const source = blocks[one]
        const index = found[i]?.index
        if (source === undefined) continue
        const { phis, instrs, end } = source
        blocks[one] = { phis, instrs: instrs.filter((_, n) => n !== index), end }
      }
      blocks[at] = {
        phis: [...block.phis, phi],
        instrs: [accessLike(first.store, first.store.base, first.store.place, { reg: phi.dst }), ...block.instrs],
        end: block.end,
      }
    }
  }
  return registers === f.registers ? f : { ...f, registers, blocks }
}

type Store = Extract<Instr, { op: 'store' }>

/** The store of each block that can move to where they meet, all to one place. */
function sinkable(
  blocks: readonly Block[],
  from: readonly number[],
): readonly { readonly store: Store; readonly index: number }[] | undefined {
  const candidates = from.map((one) => lastStores(blocks[one]?.instrs ?? []))
  const [first, ...others] = candidates
  for (const [key, store] of first ?? []) {
    const all = [store, ...others.flatMap((other) => other.get(key) ?? [])]
    if (all.length !== from.length) continue
    const numbers = new Set(all.flatMap(({ store: { a } }) => ('imm' in a ? [a.imm] : [])))
    const registers = new Set(all.flatMap(({ store: { a } }) => ('reg' in a ? [a.reg] : [])))
    const oneValue = numbers.size + registers.size === 1
    const cost = oneValue ? 1 : 1 + all.filter(({ store: { a } }) => 'imm' in a).length
    if (cost < all.length) return all
  }
  return undefined
}

/** Stores that nothing after them in the block could notice to be later. */
function lastStores(instrs: readonly Instr[]): ReadonlyMap<string, { readonly store: Store; readonly index: number }> {
  const found = new Map<string, { store: Store; index: number }>()
  const passed: Instr[] = []
  for (let index = instrs.length - 1; index >= 0; index--) {
    const instr = instrs[index]
    if (instr === undefined) break
    if (instr.op === 'call' || instr.op === 'atomicAdd') break
    if (instr.op === 'store') {
      const free = passed.every(
        (later) => !mayRead(later, instr, () => false) && !(later.op === 'store' && mayOverlap(later, instr)),
      )
      if (free && !found.has(accessKey(instr))) found.set(accessKey(instr), { store: instr, index })
    }
    passed.push(instr)
  }
  return found
}
