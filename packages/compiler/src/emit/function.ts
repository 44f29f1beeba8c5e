import type { IrFunction } from '../ir/ir.ts'
import { legalize } from '../passes/legalize.ts'
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
  const legal = legalize(source)
  let { f } = legal
  const temporary = new Set<number>()
  for (let slots = 0; ; slots++) {
    const found = allocate(f, { fixed: legal.fixed, temporary })
    if ('registers' in found) {
      const machine = removeRedundantCopies(withMachineRegisters(f, found.registers))
      const frame = frameOf(f.stackObjects, slots)
      return { items: codeOf(options.mergeTails ? mergeTails(machine) : machine, frame, place), stack: frame.size }
    }
    const next = spilled(f, new Set(found.spill), slots)
    f = next.f
    for (const register of next.temporary) temporary.add(register)
  }
}
