import { addTo, dropFrom, eachBit, isInSet } from './bits.ts'
import { hasLoop, reversePostorder } from './graph.ts'
import { definedBy, type IrFunction, type Operand, usesOf, usesOfEnd } from './ir.ts'

/** A set of registers, as bits: a part of many such sets that lie behind each other. */
export class Registers {
  readonly #words: Uint32Array
  readonly #from: number
  readonly #to: number
  constructor(words: Uint32Array, from: number, to: number) {
    this.#words = words
    this.#from = from
    this.#to = to
  }
  has(register: number): boolean {
    return isInSet(this.#words, this.#from, register)
  }
  add(register: number): void {
    addTo(this.#words, this.#from, register)
  }
  delete(register: number): void {
    dropFrom(this.#words, this.#from, register)
  }
  copy(): Registers {
    const words = this.#words.slice(this.#from, this.#to)
    return new Registers(words, 0, words.length)
  }
  /** From the lowest to the highest. */
  each(visit: (register: number) => void): void {
    for (let i = this.#from; i < this.#to; i++) eachBit(this.#words[i] ?? 0, i - this.#from, visit)
  }
}

/** Which registers hold what will be read. */
export interface Liveness {
  /** At the start of a block, after its phis chose: what they write is not among them. */
  before(block: number): Registers
  /** At its end; what phis of the next one read is among them. */
  after(block: number): Registers
}

/** Registers that are read later, at both ends of each block that can be reached. */
export function liveness(f: IrFunction): Liveness {
  const order = reversePostorder(f)
  const each = (f.registers + 31) >>> 5
  const ins = new Uint32Array(f.blocks.length * each)
  const outs = new Uint32Array(f.blocks.length * each)
  const written = new Uint32Array(f.blocks.length * each)
  const addRead = (from: number, operand: Operand | undefined): void => {
    if (operand !== undefined && 'reg' in operand) addTo(outs, from, operand.reg)
  }
  for (const at of order) {
    const block = f.blocks[at]
    if (block === undefined) continue
    const from = at * each
    const write = (register: number): void => {
      dropFrom(ins, from, register)
      addTo(written, from, register)
    }
    // What is read before it is written; of what is written, nothing passes through from below.
    for (const register of usesOfEnd(block.end)) addTo(ins, from, register)
    for (let i = block.instrs.length - 1; i >= 0; i--) {
      const instr = block.instrs[i]
      if (instr === undefined) continue
      const dst = definedBy(instr)
      if (dst !== undefined) write(dst)
      for (const register of usesOf(instr)) addTo(ins, from, register)
    }
    for (const { dst, from: ways } of block.phis) {
      write(dst)
      for (const [way, value] of ways) addRead(way * each, value)
    }
  }
  /** Take up, at the end of a block, what is alive at the start of another. */
  const flow = (from: number, next: number): void => {
    for (let i = 0; i < each; i++) outs[from + i] = (outs[from + i] ?? 0) | (ins[next + i] ?? 0)
  }
  // Without loops, all that comes later is known when a block is looked at.
  const isLoop = hasLoop(f)
  for (let changed = true; changed; ) {
    changed = false
    for (let i = order.length - 1; i >= 0; i--) {
      const at = order[i] ?? 0
      const end = f.blocks[at]?.end
      if (end === undefined || end.op === 'return') continue
      const from = at * each
      flow(from, (end.op === 'jump' ? end.to : end.yes) * each)
      if (end.op === 'branch') flow(from, end.no * each)
      for (let word = from; word < from + each; word++) {
        const old = ins[word] ?? 0
        const next = (old | ((outs[word] ?? 0) & ~(written[word] ?? 0))) >>> 0
        if (next === old) continue
        ins[word] = next
        changed = isLoop
      }
    }
  }
  const part = (words: Uint32Array, at: number): Registers => new Registers(words, at * each, (at + 1) * each)
  return { before: (block) => part(ins, block), after: (block) => part(outs, block) }
}
