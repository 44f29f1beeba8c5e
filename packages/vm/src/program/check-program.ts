import { type Insn, insnSlots } from '@tscc/insn'
import { vmErrors } from '../vm-errors.ts'

/** A function of a program: instructions from `start` to before `end`. */
export interface CheckedFunction {
  readonly start: number
  readonly end: number
}

/** A program whose jumps and calls all lead to instructions; indices count instructions, not slots. */
export interface CheckedProgram {
  readonly name: string
  readonly insns: readonly Insn[]
  /** Slot of each instruction. */
  readonly slots: readonly number[]
  /** Index of the instruction that a jump, call or function address leads to; of itself for the others. */
  readonly targets: readonly number[]
  /** In order of their places; the first is where the program begins. */
  readonly functions: readonly CheckedFunction[]
  /** Which function begins at an instruction. */
  readonly functionAt: ReadonlyMap<number, number>
}

/** BPF_COMPLEXITY_LIMIT_INSNS: what the kernel takes of the privileged. */
const MAX_INSNS = 1_000_000

/** The distance that an instruction names, in slots from the next instruction. */
function distanceOf(insn: Insn): number | undefined {
  switch (insn.kind) {
    case 'ja':
    case 'ja32':
    case 'jump':
    case 'mayGoto':
    case 'callFunc':
      return insn.target
    case 'ldImm64':
      return insn.source === 'func' ? insn.target : undefined
    default:
      return undefined
  }
}

const startsFunction = (insn: Insn): boolean => insn.kind === 'callFunc' || insn.kind === 'ldImm64'

/**
 * Check what engines rely on, as the kernel does before it looks at values: jumps stay in their function and lead to
 * instructions, and no function runs out of its end. Throws `vm/bad-jump`, `vm/no-exit`, `vm/empty`, `vm/too-long`.
 */
export function checkProgram(name: string, insns: readonly Insn[]): CheckedProgram {
  if (insns.length === 0) throw vmErrors.make('empty', { program: name })
  if (insns.length > MAX_INSNS)
    throw vmErrors.make('too-long', { program: name, length: insns.length, limit: MAX_INSNS })
  const slots: number[] = []
  const indices = new Map<number, number>()
  let next = 0
  for (const [index, insn] of insns.entries()) {
    slots.push(next)
    indices.set(next, index)
    next += insnSlots(insn)
  }
  const targets = insns.map((insn, index) => {
    const distance = distanceOf(insn)
    if (distance === undefined) return index
    // A function's address counts from the instruction's first slot, as a call's from its only one
    const slot = (slots[index] ?? 0) + 1 + distance
    const target = indices.get(slot)
    if (target === undefined)
      throw vmErrors.make('bad-jump', { program: name, insn: slots[index] ?? 0, target: slot, slots: next })
    return target
  })
  const starts = new Set([0])
  for (const [index, insn] of insns.entries())
    if (startsFunction(insn) && distanceOf(insn) !== undefined) starts.add(targets[index] ?? 0)
  const ordered = [...starts].sort((a, b) => a - b)
  const functions = ordered.map((start, i) => ({ start, end: ordered[i + 1] ?? insns.length }))
  for (const { start, end } of functions) {
    const last = insns[end - 1]
    if (last?.kind !== 'exit' && last?.kind !== 'ja' && last?.kind !== 'ja32')
      throw vmErrors.make('no-exit', { program: name, insn: slots[end - 1] ?? 0 })
    for (let index = start; index < end; index++) {
      const insn = insns[index]
      const target = targets[index] ?? 0
      if (insn === undefined || startsFunction(insn) || (target >= start && target < end)) continue
      throw vmErrors.make('bad-jump', {
        ...{ program: name, insn: slots[index] ?? 0, target: slots[target] ?? 0, slots: next },
      })
    }
  }
  return { name, insns, slots, targets, functions, functionAt: new Map(ordered.map((start, i) => [start, i])) }
}
