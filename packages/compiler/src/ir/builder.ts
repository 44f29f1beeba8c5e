import type { Span } from '../diagnostics.ts'
import type { Block, Instr, IrFunction, Operand, Terminator } from './ir.ts'

/** Makes the blocks of one program. */
export interface IrBuilder {
  /** A new virtual register. */
  fresh(): number
  /** A new block, to be filled later. */
  block(): number
  /** Go on in this block. */
  enter(block: number): void
  /** What was written last cannot be left by falling through. */
  readonly ended: boolean
  emit(instr: InstrWithoutSpan): void
  end(terminator: Terminator): void
  /** Steps that follow come from here. */
  at(span: Span): void
  finish(name: string): IrFunction
}

type WithoutSpan<T> = T extends unknown ? Omit<T, 'span'> : never
/** A step; the builder knows where it is from. */
export type InstrWithoutSpan = WithoutSpan<Instr>

/** A builder with one empty block. */
export function irBuilder(): IrBuilder {
  const blocks: { instrs: Instr[]; end: Terminator | undefined }[] = [{ instrs: [], end: undefined }]
  let current = 0
  let registers = 0
  let span: Span = { start: 0, end: 0 }
  const here = () => blocks[current]
  return {
    fresh: () => registers++,
    block: () => blocks.push({ instrs: [], end: undefined }) - 1,
    enter(block) {
      current = block
    },
    get ended() {
      return here()?.end !== undefined
    },
    emit(instr) {
      const block = here()
      if (block?.end === undefined) block?.instrs.push({ ...instr, span } as Instr) // the union, with its span again
    },
    end(terminator) {
      const block = here()
      if (block !== undefined) block.end ??= terminator
    },
    at(next) {
      span = next
    },
    finish: (name) => ({
      name,
      registers,
      blocks: blocks.map(({ instrs, end }): Block => ({ instrs, end: end ?? { op: 'return', a: undefined } })),
    }),
  }
}

/** An operand that is a register. */
export const reg = (register: number): Operand => ({ reg: register })
/** An operand that is a number. */
export const imm = (value: bigint | number): Operand => ({ imm: BigInt(value) })
