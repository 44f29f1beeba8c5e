import { reversePostorder } from '../ir/graph.ts'
import { type Block, definedBy, type Instr, type IrFunction, type Operand, type Terminator } from '../ir/ir.ts'
import { mapEnd, mapOperands, retarget, withDst } from '../ir/layout.ts'
import { accessKey } from '../ir/memory.ts'

/** Machine registers that can be given. */
const REGISTERS = 10

/** The same program with machine registers in the place of virtual ones. */
export function withMachineRegisters(f: IrFunction, registers: ReadonlyMap<number, number>): IrFunction {
  const named: readonly Operand[] = Array.from({ length: REGISTERS }, (_, reg) => ({ reg }))
  const put = (operand: Operand): Operand =>
    'reg' in operand ? (named[registers.get(operand.reg) ?? 0] ?? operand) : operand
  return {
    ...f,
    blocks: f.blocks.map((block) => ({
      phis: [],
      instrs: block.instrs.flatMap((instr): Instr | readonly Instr[] => {
        const next = mapOperands(instr, put)
        const dst = definedBy(next)
        const made = dst === undefined ? next : withDst(next, registers.get(dst) ?? 0)
        const isCopyOfItself = made.op === 'move' && made.width === 64 && 'reg' in made.a && made.a.reg === made.dst
        return isCopyOfItself ? [] : made
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
  const numbers = numbering()
  let current = mergeBlocks(f, numbers)
  for (let round = 0; round < 100; round++) {
    const next = mergeOne(current, numbers)
    if (next === undefined) break
    current = mergeBlocks(next, numbers)
  }
  return current
}

/** From the exits upwards: blocks with the same steps that go on with the same blocks. */
function mergeBlocks(f: IrFunction, numbers: Numbering): IrFunction {
  let current = f
  for (;;) {
    const first = new Map<number, number>()
    const instead = new Map<number, number>()
    for (const at of reversePostorder(current)) {
      const block = current.blocks[at]
      // The first block has the arguments, and nothing leads to it.
      if (block === undefined || at === 0) continue
      const key = numbers.ofSteps(block.instrs) * MOST_NUMBERS + numbers.ofEnd(block.end)
      const known = first.get(key)
      if (known === undefined) first.set(key, at)
      else if (block.instrs.every(isRepeatable)) instead.set(at, known)
    }
    if (instead.size === 0) return current
    current = {
      ...current,
      blocks: current.blocks.map((block) => {
        const end = retarget(block.end, (to) => instead.get(to) ?? to)
        return end === block.end ? block : { phis: [], instrs: block.instrs, end }
      }),
    }
  }
}

/** The arguments are only there at the start. */
const isRepeatable = (instr: Instr): boolean => instr.op !== 'argument' && instr.op !== 'parameter'

function mergeOne(f: IrFunction, numbers: Numbering): IrFunction | undefined {
  const groups = new Map<number, number[]>()
  for (const at of reversePostorder(f)) {
    const block = f.blocks[at]
    if (block === undefined || block.instrs.length === 0) continue
    const key = numbers.ofEnd(block.end)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [at])
    else group.push(at)
  }
  let best: { readonly blocks: readonly [number, number]; readonly length: number } | undefined
  for (const group of groups.values())
    for (const [i, one] of group.entries())
      for (let j = i + 1; j < group.length; j++) {
        const other = group[j] ?? 0
        const [a, b] = [f.blocks[one], f.blocks[other]]
        if (a === undefined || b === undefined) continue
        const length = commonTail(a.instrs, b.instrs, numbers)
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

function commonTail(a: readonly Instr[], b: readonly Instr[], numbers: Numbering): number {
  const [ours, theirs] = [numbers.each(a), numbers.each(b)]
  let length = 0
  while (length < a.length && length < b.length) {
    const [one, other] = [a.length - 1 - length, b.length - 1 - length]
    const instr = a[one]
    if (ours[one] !== theirs[other] || instr === undefined || !isRepeatable(instr)) break
    length++
  }
  return length
}

/** More than there can be: functions are much shorter. */
const MOST_NUMBERS = 2 ** 26

/** Numbers that are equal for what does the same, wherever it is from in the source. */
interface Numbering {
  /** One for each step. */
  each(instrs: readonly Instr[]): readonly number[]
  ofSteps(instrs: readonly Instr[]): number
  ofEnd(end: Terminator): number
}

function numbering(): Numbering {
  const numbers = new Map<string, number>()
  const numberOf = (text: string): number => {
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, numbers.size)
    return numbers.size - 1
  }
  const lists = new Map<readonly Instr[], readonly number[]>()
  const steps = new Map<readonly Instr[], number>()
  const ends = new Map<Terminator, number>()
  const each = (instrs: readonly Instr[]): readonly number[] => {
    const known = lists.get(instrs)
    if (known !== undefined) return known
    const made = instrs.map((instr) => numberOf(stepText(instr)))
    lists.set(instrs, made)
    return made
  }
  return {
    each,
    ofSteps(instrs) {
      const known = steps.get(instrs)
      if (known !== undefined) return known
      const made = numberOf(`steps ${each(instrs).join(' ')}`)
      steps.set(instrs, made)
      return made
    },
    ofEnd(end) {
      const known = ends.get(end)
      if (known !== undefined) return known
      const made = numberOf(endText(end))
      ends.set(end, made)
      return made
    },
  }
}

const operandText = (operand: Operand | undefined): string =>
  operand === undefined ? '' : 'reg' in operand ? `r${operand.reg}` : `${operand.imm}`

/** Equal for steps that do the same. */
function stepText(instr: Instr): string {
  switch (instr.op) {
    case 'binary':
      return `${instr.fn} ${instr.width} ${instr.dst} ${operandText(instr.a)} ${operandText(instr.b)}`
    case 'move':
      return `move ${instr.width} ${instr.dst} ${operandText(instr.a)}`
    case 'load':
      return `load ${instr.dst} ${accessKey(instr)} ${instr.size}`
    case 'store':
      return `store ${accessKey(instr)} ${instr.size} ${operandText(instr.a)}`
    default:
      return textOf(instr)
  }
}

function endText(end: Terminator): string {
  switch (end.op) {
    case 'jump':
      return `jump ${end.to}`
    case 'return':
      return `return ${operandText(end.a)}`
    case 'branch': {
      const guard = end.guard === true ? ' guard' : ''
      return `${end.if} ${end.width} ${operandText(end.a)} ${operandText(end.b)} ${end.yes} ${end.no}${guard}`
    }
  }
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
