import { reversePostorder } from './graph.ts'
import type { Block, Instr, IrFunction, Operand, Phi } from './ir.ts'
import { mapEnd, mapOperands, retarget } from './layout.ts'

/** What an operand is in the end, where registers stand for other operands, and these for others again. */
export function standsFor(operand: Operand, instead: ReadonlyMap<number, Operand>): Operand {
  let found = operand
  while ('reg' in found) {
    const next = instead.get(found.reg)
    if (next === undefined) break
    found = next
  }
  return found
}

/** The same function with other operands in the place of registers. */
export function replaceRegisters(f: IrFunction, instead: ReadonlyMap<number, Operand>): IrFunction {
  if (instead.size === 0) return f
  const put = (operand: Operand): Operand => standsFor(operand, instead)
  return { ...f, blocks: f.blocks.map((block) => mapBlock(block, put, instead)) }
}

/** The same block with other operands, without phis of what has been replaced; itself where nothing changes. */
function mapBlock(block: Block, put: (operand: Operand) => Operand, instead: ReadonlyMap<number, Operand>): Block {
  let { phis, instrs } = block
  if (phis.some(({ dst, from }) => instead.has(dst) || someOf(from, (value) => put(value) !== value)))
    phis = phis.filter(({ dst }) => !instead.has(dst)).map(({ dst, from }) => ({ dst, from: mapValues(from, put) }))
  let changed: Instr[] | undefined
  for (let i = 0; i < instrs.length; i++) {
    const old = instrs[i]
    if (old === undefined) break
    const instr = mapOperands(old, put)
    if (instr === old) continue
    changed ??= [...instrs]
    changed[i] = instr
  }
  instrs = changed ?? instrs
  const end = mapEnd(block.end, put)
  return phis === block.phis && instrs === block.instrs && end === block.end ? block : { phis, instrs, end }
}

function someOf(from: Phi['from'], is: (value: Operand) => boolean): boolean {
  for (const value of from.values()) if (is(value)) return true
  return false
}

function mapValues(from: Phi['from'], put: (operand: Operand) => Operand): Phi['from'] {
  const made = new Map<number, Operand>()
  for (const [at, value] of from) made.set(at, put(value))
  return made
}

/** Without blocks that nobody reaches, the others in their order. Outside of SSA form. */
export function withoutUnreached(f: IrFunction): IrFunction {
  const order = reversePostorder(f)
  if (order.length === f.blocks.length) return f
  const numbers = new Int32Array(f.blocks.length).fill(-1)
  for (const at of order) numbers[at] = 0
  let count = 0
  for (let at = 0; at < numbers.length; at++) if (numbers[at] === 0) numbers[at] = count++
  const to = (at: number): number => numbers[at] ?? 0
  const blocks: Block[] = []
  for (const [at, block] of f.blocks.entries()) {
    if (numbers[at] === -1) continue
    blocks.push({ phis: block.phis, instrs: block.instrs, end: retarget(block.end, to) })
  }
  return { ...f, blocks }
}

/** Phis of blocks without the ways that are none any more. */
export function prunePhis(f: IrFunction, before: readonly (readonly number[])[]): IrFunction {
  return {
    ...f,
    blocks: f.blocks.map((block, at) => {
      const from = before[at] ?? []
      if (block.phis.every((phi) => phi.from.size === from.length)) return block
      const phis = block.phis.map(({ dst, from: ways }) => {
        const left = new Map<number, Operand>()
        for (const [one, value] of ways) if (from.includes(one)) left.set(one, value)
        return { dst, from: left }
      })
      return { phis, instrs: block.instrs, end: block.end }
    }),
  }
}
