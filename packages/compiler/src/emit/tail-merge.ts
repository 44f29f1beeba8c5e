import { reversePostorder } from '../ir/graph.ts'
import {
  type Block,
  type Instr,
  type IrFunction,
  mapEnd,
  mapOperands,
  type Operand,
  retarget,
  type Terminator,
} from '../ir/ir.ts'

/** The same program with machine registers in the place of virtual ones. */
export function withMachineRegisters(f: IrFunction, registers: ReadonlyMap<number, number>): IrFunction {
  const put = (operand: Operand): Operand => ('reg' in operand ? { reg: registers.get(operand.reg) ?? 0 } : operand)
  return {
    ...f,
    blocks: f.blocks.map((block) => ({
      phis: [],
      instrs: block.instrs.flatMap((instr): readonly Instr[] => {
        const next = mapOperands(instr, put)
        const made = 'dst' in next && next.dst !== undefined ? { ...next, dst: registers.get(next.dst) ?? 0 } : next
        const isCopyOfItself = made.op === 'move' && made.width === 64 && 'reg' in made.a && made.a.reg === made.dst
        return isCopyOfItself ? [] : [made]
      }),
      end: mapEnd(block.end, put),
    })),
  }
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
    const first = new Map<string, number>()
    const instead = new Map<number, number>()
    for (const at of reversePostorder(current)) {
      const block = current.blocks[at]
      // The first block has the arguments, and nothing leads to it.
      if (block === undefined || at === 0) continue
      const key = `${stepsKey(block.instrs)}\n${endKey(block.end)}`
      const known = first.get(key)
      if (known === undefined) first.set(key, at)
      else if (block.instrs.every(isRepeatable)) instead.set(at, known)
    }
    if (instead.size === 0) return current
    current = {
      ...current,
      blocks: current.blocks.map((block) => ({ ...block, end: retarget(block.end, (to) => instead.get(to) ?? to) })),
    }
  }
}

/** The arguments are only there at the start. */
const isRepeatable = (instr: Instr): boolean => instr.op !== 'argument' && instr.op !== 'parameter'

const blockKeys = new WeakMap<readonly Instr[], string>()

function stepsKey(instrs: readonly Instr[]): string {
  const known = blockKeys.get(instrs)
  if (known !== undefined) return known
  const key = instrs.map(keyOf).join('\n')
  blockKeys.set(instrs, key)
  return key
}

function mergeOne(f: IrFunction): IrFunction | undefined {
  const groups = new Map<string, number[]>()
  for (const at of reversePostorder(f)) {
    const block = f.blocks[at]
    if (block === undefined || block.instrs.length === 0) continue
    const key = endKey(block.end)
    groups.set(key, [...(groups.get(key) ?? []), at])
  }
  let best: { readonly blocks: readonly [number, number]; readonly length: number } | undefined
  for (const group of groups.values())
    for (const [i, one] of group.entries())
      for (const other of group.slice(i + 1)) {
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
  while (length < a.length && length < b.length && same(a.at(-1 - length), b.at(-1 - length))) length++
  return length
}

function same(a: Instr | undefined, b: Instr | undefined): boolean {
  if (a === undefined || b === undefined || a.op !== b.op) return false
  return isRepeatable(a) && keyOf(a) === keyOf(b)
}

/** All that is in a step, its place in the source aside. */
function textOf(one: unknown): string {
  if (typeof one === 'bigint') return `${one}n`
  if (typeof one !== 'object' || one === null) return `${one}`
  let text = '{'
  for (const [name, value] of Object.entries(one))
    if (name !== 'span' && value !== undefined) text += `${name}:${textOf(value)},`
  return `${text}}`
}
const keys = new WeakMap<Instr | Terminator, string>()

/** Equal for steps that do the same. */
function keyOf(instr: Instr): string {
  const known = keys.get(instr)
  if (known !== undefined) return known
  const key = textOf(instr)
  keys.set(instr, key)
  return key
}

function endKey(end: Terminator): string {
  const known = keys.get(end)
  if (known !== undefined) return known
  const key = textOf(end)
  keys.set(end, key)
  return key
}
