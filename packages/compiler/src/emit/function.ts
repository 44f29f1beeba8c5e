import type { IrFunction } from '../ir/ir.ts'
import { cleanBlocks } from '../passes/clean-blocks.ts'
import { legalize } from '../passes/legalize.ts'
import { withoutAlu32 } from '../passes/without-alu32.ts'
import { allocate } from './allocate.ts'
import { type CodeItem, type CodePlace, codeOf, frameOf } from './code.ts'
import { removeRedundantCopies } from './redundant-copies.ts'
import { spilled } from './spill.ts'
import { mergeTails, withMachineRegisters } from './tail-merge.ts'

/** The instructions of a function. */
export interface EmittedFunction {
  readonly items: readonly CodeItem[]
  /** Bytes of stack. */
  readonly stack: number
}

/** Registers for a function that is out of SSA form, and its instructions. */
export function emitFunction(
  source: IrFunction,
  place: CodePlace,
  options: { readonly mergeTails: boolean },
): EmittedFunction {
  const isOld = place.cpu === 'v1' || place.cpu === 'v2'
  const legal = legalize(isOld ? withoutAlu32(source) : source, place.cpu)
  let { f } = legal
  const temporary = new Set<number>()
  for (let slots = 0; ; ) {
    const found = allocate(f, { fixed: legal.fixed, temporary })
    if ('registers' in found) {
      const machine = cleanBlocks(removeRedundantCopies(withMachineRegisters(f, found.registers)))
      const frame = frameOf(f.stackObjects, slots)
      const merged = options.mergeTails ? cleanBlocks(mergeTails(machine)) : machine
      return { items: codeOf(merged, frame, place), stack: frame.size }
    }
    const places = new Map<number, number>()
    for (const list of found.spill) {
      for (const register of list) places.set(register, slots)
      slots++
    }
    const next = spilled(f, places)
    f = next.f
    for (const register of next.temporary) temporary.add(register)
  }
}
