import { type Accesses, accessesOf, atStarts, hasStep } from '../ir/accesses.ts'
import { addAllTo, addTo, eachBit, isInSet, takeFrom } from '../ir/bits.ts'
import { predecessors, reversePostorder } from '../ir/graph.ts'
import { type Block, BYTES, type Instr, type IrFunction, type Operand, type Phi } from '../ir/ir.ts'
import { knownBits } from '../ir/known-bits.ts'
import { replaceRegisters, standsFor } from '../ir/rewrite.ts'
import { onlyValue } from './fold.ts'

/**
 * Loads of what is known already: loaded or stored on every way to here, with nothing in between that could have changed
 * it. Where the ways bring different values, a phi chooses.
 *
 * Before: SSA form. First it is found, for all blocks at once, which accesses are available at their starts (an optimistic
 * data flow, so that a loop that changes nothing keeps what was known before it); then their values are looked up.
 */
export function reuseLoads(f: IrFunction): IrFunction {
  if (!hasStep(f.blocks, 'load')) return f
  const before = predecessors(f)
  const accesses = accessesOf(f)
  const available = availability(f, accesses)
  const { count } = accesses
  const instead = new Map<number, Operand>()
  const phis: (Choice[] | undefined)[] = []
  let registers = f.registers

  const starts = new Map<number, Operand>()
  const atStart = (access: number, block: number): Operand => {
    const memo = block * count + access
    const known = starts.get(memo)
    if (known !== undefined) return known
    const from = before[block] ?? []
    const [only] = from
    if (from.length === 1 && only !== undefined) {
      const value = valueAtEnd(access, only)
      starts.set(memo, value)
      return value
    }
    const dst = registers++
    starts.set(memo, { reg: dst })
    const phi: Choice = { dst, values: from.map((one) => valueAtEnd(access, one)) }
    const own = phis[block]
    if (own === undefined) phis[block] = [phi]
    else own.push(phi)
    return { reg: dst }
  }
  const valueAtEnd = (access: number, block: number): Operand =>
    available.ends.get(block * count + access) ?? atStart(access, block)

  const blocks = [...f.blocks]
  const here = known(f, accesses)
  for (const at of reversePostorder(f)) {
    const block = f.blocks[at]
    if (block === undefined) continue
    here.clear()
    const instrs = block.instrs.filter((instr) => {
      if (instr.op !== 'load') {
        here.step(instr)
        return true
      }
      const access = accesses.numberOf(instr)
      const isAtStart = (): boolean => !here.isGone(access) && available.isAtStart(access, at)
      const value = here.get(access) ?? (isAtStart() ? atStart(access, at) : undefined)
      here.set(access, value ?? { reg: instr.dst })
      if (value !== undefined) instead.set(instr.dst, value)
      return value === undefined
    })
    if (instrs.length < block.instrs.length) blocks[at] = { phis: block.phis, instrs, end: block.end }
  }
  if (instead.size === 0) return f
  removeTrivial(phis, instead)
  const made = blocks.map((block, at): Block => {
    const own = phis[at]
    if (own === undefined || own.length === 0) return block
    const made = own.map(({ dst, values }): Phi => {
      const from = new Map<number, Operand>()
      for (const [i, value] of values.entries()) from.set(before[at]?.[i] ?? 0, value)
      return { dst, from }
    })
    return { phis: [...block.phis, ...made], instrs: block.instrs, end: block.end }
  })
  return replaceRegisters({ ...f, registers, blocks: made }, instead)
}

/** A phi to be: values by the blocks that lead there, in their order. */
interface Choice {
  readonly dst: number
  readonly values: readonly Operand[]
}

/** Most of these phis are asked for their one value only: they stand for it, and are gone. */
function removeTrivial(phis: (Choice[] | undefined)[], instead: Map<number, Operand>): void {
  const now = (operand: Operand): Operand => standsFor(operand, instead)
  for (let changed = true; changed; ) {
    changed = false
    for (const [at, own] of phis.entries()) {
      if (own === undefined) continue
      const left = own.filter(({ dst, values }) => {
        const value = onlyValue(dst, values, now)
        if (value === undefined) return true
        instead.set(dst, value)
        changed = true
        return false
      })
      if (left.length < own.length) phis[at] = left
    }
  }
}

/** Values of accesses, on the way through a block. */
interface Known {
  /** At the start of a block. */
  clear(): void
  get(access: number): Operand | undefined
  set(access: number, value: Operand): void
  /** Can it have been changed since the start of the block? */
  isGone(access: number): boolean
  /** Go over a step: what it makes known, and what it makes unknown. */
  step(instr: Instr): void
  /** Sets of what is known and of what is gone. */
  readonly has: Uint32Array
  readonly gone: Uint32Array
}

function known(f: IrFunction, accesses: Accesses): Known {
  const bits = knownBits(f)
  const has = new Uint32Array(accesses.words)
  const gone = new Uint32Array(accesses.words)
  const values: Operand[] = []
  const set = (access: number, value: Operand): void => {
    addTo(has, 0, access)
    values[access] = value
  }
  return {
    has,
    gone,
    clear() {
      has.fill(0)
      gone.fill(0)
    },
    get: (access) => (isInSet(has, 0, access) ? values[access] : undefined),
    set,
    isGone: (access) => isInSet(gone, 0, access),
    step(instr) {
      if (instr.op === 'load') {
        const access = accesses.numberOf(instr)
        if (!isInSet(has, 0, access)) set(access, { reg: instr.dst })
        return
      }
      const changed = accesses.changedBy(instr)
      if (changed === undefined) return
      takeFrom(has, 0, changed)
      addAllTo(gone, 0, changed)
      if (instr.op !== 'store') return
      const width = 8 * BYTES[instr.size]
      if ('imm' in instr.a) set(accesses.numberOf(instr), { imm: BigInt.asUintN(width, instr.a.imm) })
      // What is above is cut off by the memory: such values would have to be cut here, too.
      else if (bits(instr.a) <= width) set(accesses.numberOf(instr), instr.a)
    },
  }
}

interface Availability {
  /** Is the value of an access known at the start of a block? */
  isAtStart(access: number, block: number): boolean
  /** What each block leaves behind, by its number times the number of accesses, and the access. */
  readonly ends: ReadonlyMap<number, Operand>
}

/** Which accesses are available where. */
function availability(f: IrFunction, accesses: Accesses): Availability {
  const { count, words } = accesses
  const ends = new Map<number, Operand>()
  const leaves = new Uint32Array(f.blocks.length * words)
  const keeps = new Uint32Array(f.blocks.length * words)
  const here = known(f, accesses)
  for (const at of reversePostorder(f)) {
    here.clear()
    for (const instr of f.blocks[at]?.instrs ?? []) here.step(instr)
    for (let word = 0; word < words; word++) {
      const found = here.has[word] ?? 0
      leaves[at * words + word] = found
      keeps[at * words + word] = ~(here.gone[word] ?? 0)
      eachBit(found, word, (access) => {
        const value = here.get(access)
        if (value !== undefined) ends.set(at * count + access, value)
      })
    }
  }
  const starts = atStarts(f, words, { leaves, keeps })
  return { ends, isAtStart: (access, block) => isInSet(starts, block * words, access) }
}
