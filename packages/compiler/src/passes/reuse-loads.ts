import { predecessors, reversePostorder } from '../ir/graph.ts'
import { type Block, BYTES, type Instr, type IrFunction, type Operand, type Phi } from '../ir/ir.ts'
import { knownBits } from '../ir/known-bits.ts'
import { type Access, accessKey, mayWrite, type Private, unsharedRegions } from '../ir/memory.ts'
import { replaceRegisters } from '../ir/rewrite.ts'

/**
 * Loads of what is known already: loaded or stored on every way to here, with nothing in between that could have changed
 * it. Where the ways bring different values, a phi chooses.
 *
 * Before: SSA form. First it is found, for all blocks at once, which accesses are available at their starts (an optimistic
 * data flow, so that a loop that changes nothing keeps what was known before it); then their values are looked up.
 */
export function reuseLoads(f: IrFunction): IrFunction {
  const before = predecessors(f)
  const available = availability(f, before)
  const instead = new Map<number, Operand>()
  const phis: Phi[][] = f.blocks.map(() => [])
  let registers = f.registers

  const atEnd = new Map<string, Operand>()
  const atStart = (key: string, block: number): Operand => {
    const memo = `${block} ${key}`
    const known = starts.get(memo)
    if (known !== undefined) return known
    const from = before[block] ?? []
    const [only] = from
    if (from.length === 1 && only !== undefined) {
      const value = valueAtEnd(key, only)
      starts.set(memo, value)
      return value
    }
    const dst = registers++
    starts.set(memo, { reg: dst })
    phis[block]?.push({ dst, from: new Map(from.map((one) => [one, valueAtEnd(key, one)])) })
    return { reg: dst }
  }
  const starts = new Map<string, Operand>()
  const valueAtEnd = (key: string, block: number): Operand => atEnd.get(`${block} ${key}`) ?? atStart(key, block)

  const blocks = [...f.blocks]
  const order = reversePostorder(f)
  for (const at of order) for (const [key, value] of available.generated[at] ?? []) atEnd.set(`${at} ${key}`, value)
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined) continue
    const here = new Map<string, Operand>()
    const gone = new Set<string>()
    const instrs = block.instrs.filter((instr) => {
      const key = instr.op === 'load' ? accessKey(instr) : undefined
      if (instr.op === 'load' && key !== undefined) {
        const value = here.get(key) ?? (!gone.has(key) && available.starts[at]?.has(key) ? atStart(key, at) : undefined)
        if (value !== undefined) {
          instead.set(instr.dst, value)
          here.set(key, value)
          return false
        }
        here.set(key, { reg: instr.dst })
        return true
      }
      available.step(instr, here, gone)
      return true
    })
    blocks[at] = { ...block, instrs }
  }
  if (instead.size === 0) return f
  const made: readonly Block[] = blocks.map((block, at) => ({ ...block, phis: [...block.phis, ...(phis[at] ?? [])] }))
  return replaceRegisters({ ...f, registers, blocks: made }, instead)
}

interface Availability {
  /** Keys of what is known at the start of each block. */
  readonly starts: readonly ReadonlySet<string>[]
  /** What each block leaves behind. */
  readonly generated: readonly ReadonlyMap<string, Operand>[]
  /** Go over a step: what it makes known, and what it makes unknown. */
  step(instr: Instr, known: Map<string, Operand>, gone: Set<string>): void
}

/** Which accesses are available where. */
export function availability(f: IrFunction, before: readonly (readonly number[])[]): Availability {
  const unshared = unsharedRegions(f.blocks)
  const bits = knownBits(f)
  const accesses = new Map<string, Access>()
  for (const block of f.blocks)
    for (const instr of block.instrs)
      if (instr.op === 'load' || instr.op === 'store') accesses.set(accessKey(instr), instr)
  const step = (instr: Instr, known: Map<string, Operand>, gone: Set<string>): void =>
    stepOver(instr, known, gone, accesses, unshared, bits)
  const generated = f.blocks.map(() => new Map<string, Operand>())
  const killed = f.blocks.map(() => new Set<string>())
  for (const [at, block] of f.blocks.entries())
    for (const instr of block.instrs) step(instr, generated[at] ?? new Map(), killed[at] ?? new Set())
  const order = reversePostorder(f)
  const all = new Set(accesses.keys())
  const starts = f.blocks.map((_, at) => (at === 0 ? new Set<string>() : new Set(all)))
  const endOf = (at: number, key: string): boolean =>
    generated[at]?.has(key) === true || (starts[at]?.has(key) === true && killed[at]?.has(key) !== true)
  for (let changed = true; changed; ) {
    changed = false
    for (const at of order) {
      if (at === 0) continue
      const start = starts[at]
      for (const key of start ?? [])
        if (!(before[at] ?? []).every((from) => endOf(from, key))) {
          start?.delete(key)
          changed = true
        }
    }
  }
  return { starts, generated, step }
}

function stepOver(
  instr: Instr,
  known: Map<string, Operand>,
  gone: Set<string>,
  accesses: ReadonlyMap<string, Access>,
  unshared: Private,
  bits: (operand: Operand) => number,
): void {
  if (instr.op === 'load') {
    const key = accessKey(instr)
    if (!known.has(key)) known.set(key, { reg: instr.dst })
    return
  }
  if (instr.op !== 'store' && instr.op !== 'call' && instr.op !== 'atomicAdd') return
  for (const [key, access] of accesses)
    if (mayWrite(instr, access, unshared)) {
      known.delete(key)
      gone.add(key)
    }
  if (instr.op !== 'store') return
  const width = 8 * BYTES[instr.size]
  if ('imm' in instr.a) known.set(accessKey(instr), { imm: BigInt.asUintN(width, instr.a.imm) })
  // What is above is cut off by the memory: such values would have to be cut here, too.
  else if (bits(instr.a) <= width) known.set(accessKey(instr), instr.a)
}
