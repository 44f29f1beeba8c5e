import { reversePostorder } from '../ir/graph.ts'
import {
  type Block,
  definedBy,
  type Instr,
  type IrFunction,
  type Operand,
  sameOperand,
  type Terminator,
} from '../ir/ir.ts'
import { mapEnd, mapOperands, retarget, withDst } from '../ir/layout.ts'
import { type Access, placeKey } from '../ir/memory.ts'
import type { MachineRegisters } from './allocate.ts'

/** Machine registers that can be given. */
const REGISTERS = 10

/** The same program with machine registers in the place of virtual ones. */
export function withMachineRegisters(f: IrFunction, registers: MachineRegisters): IrFunction {
  const named: readonly Operand[] = Array.from({ length: REGISTERS }, (_, reg) => ({ reg }))
  const put = (operand: Operand): Operand =>
    'reg' in operand ? (named[registers[operand.reg] ?? 0] ?? operand) : operand
  const blocks = f.blocks.map((block): Block => {
    const instrs: Instr[] = []
    for (const instr of block.instrs) {
      const next = mapOperands(instr, put)
      const dst = definedBy(next)
      const made = dst === undefined ? next : withDst(next, registers[dst] ?? 0)
      const isCopyOfItself = made.op === 'move' && made.width === 64 && 'reg' in made.a && made.a.reg === made.dst
      if (!isCopyOfItself) instrs.push(made)
    }
    return { phis: [], instrs, end: mapEnd(block.end, put) }
  })
  return { ...f, blocks }
}

/**
 * Blocks that do the same become one, and blocks that end with the same steps and go to the same places share those: one
 * copy, which the others jump to. On machine registers, where it shows which steps are the same.
 */
export function mergeTails(f: IrFunction): IrFunction {
  let current = mergeBlocks(f)
  for (let round = 0; round < 100; round++) {
    const next = mergeOne(current)
    if (next === undefined) break
    current = mergeBlocks(next)
  }
  return current
}

/** From the exits upwards: blocks with the same steps that go on with the same blocks. */
function mergeBlocks(f: IrFunction): IrFunction {
  let current = f
  for (;;) {
    const { blocks } = current
    /** The first of all that are equal. */
    const first = lists(blocks.length)
    const instead = new Map<number, number>()
    for (const at of reversePostorder(current)) {
      const block = blocks[at]
      // The first block has the arguments, and nothing leads to it.
      if (block === undefined || at === 0) continue
      const way = wayOf(block.end)
      const known = first.find(way, (other) => isSameBlock(block, blocks[other]))
      if (known < 0) first.add(way, at)
      else if (block.instrs.every(isRepeatable)) instead.set(at, known)
    }
    if (instead.size === 0) return current
    current = {
      ...current,
      blocks: blocks.map((block) => {
        const end = retarget(block.end, (to) => instead.get(to) ?? to)
        return end === block.end ? block : { phis: [], instrs: block.instrs, end }
      }),
    }
  }
}

/** At most the number of blocks; equal for ends that go to the same places, though not only for those. */
const wayOf = (end: Terminator): number => (end.op === 'jump' ? end.to + 1 : end.op === 'branch' ? end.yes + 1 : 0)

/** Lists of blocks by where they go, in typed arrays: in each round they are made anew. */
function lists(blocks: number) {
  // One more than the block, 0 where there is none.
  const last = new Int32Array(blocks + 1)
  const before = new Int32Array(blocks)
  return {
    add(way: number, block: number): void {
      before[block] = last[way] ?? 0
      last[way] = block + 1
    },
    /** One of a list for which something holds, or -1. */
    find(way: number, holds: (block: number) => boolean): number {
      let at = (last[way] ?? 0) - 1
      while (at >= 0 && !holds(at)) at = (before[at] ?? 0) - 1
      return at
    },
  }
}

/** The arguments are only there at the start. */
const isRepeatable = (instr: Instr): boolean => instr.op !== 'argument' && instr.op !== 'parameter'

function mergeOne(f: IrFunction): IrFunction | undefined {
  const count = f.blocks.length
  /** Blocks with equal ends: the first of each group, what comes behind each, and the last by the first. */
  const first: number[] = []
  const byWay = lists(count)
  const next = new Int32Array(count).fill(-1)
  const last = new Int32Array(count)
  for (const at of reversePostorder(f)) {
    const block = f.blocks[at]
    if (block === undefined || block.instrs.length === 0) continue
    const way = wayOf(block.end)
    const group = byWay.find(way, (other) => isSameEnd(block.end, f.blocks[other]?.end))
    if (group < 0) {
      byWay.add(way, at)
      first.push(at)
    } else next[last[group] ?? 0] = at
    last[group < 0 ? at : group] = at
  }
  let best: { readonly blocks: readonly [number, number]; readonly length: number } | undefined
  for (const head of first)
    for (let one = head; one >= 0; one = next[one] ?? -1)
      for (let other = next[one] ?? -1; other >= 0; other = next[other] ?? -1) {
        const [a, b] = [f.blocks[one], f.blocks[other]]
        if (a === undefined || b === undefined) continue
        const length = commonTail(a.instrs, b.instrs)
        if (length > (best?.length ?? 0)) best = { blocks: [one, other], length }
      }
  if (best === undefined) return undefined
  const [one, other] = best.blocks
  const [a, b] = [f.blocks[one], f.blocks[other]]
  if (a === undefined || b === undefined) return undefined
  const blocks: Block[] = [...f.blocks]
  const cut = (block: Block): readonly Instr[] => block.instrs.slice(0, block.instrs.length - (best?.length ?? 0))
  const whole = [one, other].find((at) => f.blocks[at]?.instrs.length === best?.length && at !== 0)
  const target = whole ?? blocks.length
  if (whole === undefined) blocks.push({ phis: [], instrs: a.instrs.slice(a.instrs.length - best.length), end: a.end })
  for (const at of [one, other]) {
    const block = f.blocks[at]
    if (at !== target && block !== undefined)
      blocks[at] = { phis: [], instrs: cut(block), end: { op: 'jump', to: target } }
  }
  return { ...f, blocks }
}

function commonTail(a: readonly Instr[], b: readonly Instr[]): number {
  let length = 0
  while (length < a.length && length < b.length) {
    const [one, other] = [a[a.length - 1 - length], b[b.length - 1 - length]]
    if (one === undefined || other === undefined || !isSameStep(one, other) || !isRepeatable(one)) break
    length++
  }
  return length
}

function isSameBlock(a: Block, b: Block | undefined): boolean {
  if (b === undefined || a.instrs.length !== b.instrs.length || !isSameEnd(a.end, b.end)) return false
  for (let i = a.instrs.length - 1; i >= 0; i--) {
    const [one, other] = [a.instrs[i], b.instrs[i]]
    if (one === undefined || other === undefined || !isSameStep(one, other)) return false
  }
  return true
}

function isSameEnd(a: Terminator, b: Terminator | undefined): boolean {
  switch (a.op) {
    case 'jump':
      return b?.op === 'jump' && a.to === b.to
    case 'return':
      return b?.op === 'return' && (a.a === undefined || b.a === undefined ? a.a === b.a : sameOperand(a.a, b.a))
    case 'branch':
      return (
        b?.op === 'branch' &&
        a.yes === b.yes &&
        a.no === b.no &&
        a.if === b.if &&
        a.width === b.width &&
        (a.guard === true) === (b.guard === true) &&
        sameOperand(a.a, b.a) &&
        sameOperand(a.b, b.b)
      )
  }
}

/** Do steps do the same, wherever they are from in the source? What there are most of is compared field by field. */
function isSameStep(a: Instr, b: Instr): boolean {
  switch (a.op) {
    case 'binary':
      return (
        b.op === 'binary' &&
        a.fn === b.fn &&
        a.width === b.width &&
        a.dst === b.dst &&
        sameOperand(a.a, b.a) &&
        sameOperand(a.b, b.b)
      )
    case 'move':
      return b.op === 'move' && a.width === b.width && a.dst === b.dst && sameOperand(a.a, b.a)
    case 'load':
      return b.op === 'load' && a.dst === b.dst && isSameAccess(a, b)
    case 'store':
      return b.op === 'store' && sameOperand(a.a, b.a) && isSameAccess(a, b)
    default:
      return a.op === b.op && textOf(a) === textOf(b)
  }
}

const isSameAccess = (a: Access, b: Access): boolean =>
  a.size === b.size && sameOperand(a.base, b.base) && (a.place === b.place || placeKey(a.place) === placeKey(b.place))

/** All that is in a step, its place in the source aside. */
function textOf(one: unknown): string {
  if (typeof one === 'bigint') return `${one}n`
  if (typeof one !== 'object' || one === null) return `${one}`
  let text = '{'
  for (const [name, value] of Object.entries(one))
    if (name !== 'span' && value !== undefined) text += `${name}:${textOf(value)},`
  return `${text}}`
}
