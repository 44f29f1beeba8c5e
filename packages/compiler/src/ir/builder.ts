import { NOWHERE, type Span } from '../diagnostics.ts'
import type { SourceFile } from '../source-file.ts'
import { type Block, type Instr, type IrFunction, type Operand, type Place, successors, type Terminator } from './ir.ts'
import { endLaidOut, type InstrWithoutSpan, laidOut } from './layout.ts'
import { placeKey } from './memory.ts'

/** Makes the blocks of one program. */
export interface IrBuilder {
  /** A new virtual register. */
  fresh(): number
  /** A new block, to be filled later. */
  block(): number
  /** A new object on the stack, of so many bytes. */
  stackObject(size: number): number
  /** Go on in this block. */
  enter(block: number): void
  /** What was written last cannot be left by falling through. */
  readonly ended: boolean
  /** Can this place be reached? Not where all ways before it have returned. */
  readonly reachable: boolean
  /** Steps and blocks so far. */
  readonly steps: number
  emit(instr: InstrWithoutSpan): void
  end(terminator: Terminator): void
  /** Steps that follow come from here. */
  at(file: SourceFile, span: Span): void
  finish(name: string): IrFunction
}

interface BlockInMaking {
  readonly instrs: Instr[]
  end: Terminator | undefined
  isReached: boolean
}

/** A builder with one empty block. */
export function irBuilder(): IrBuilder {
  const blocks: BlockInMaking[] = [{ instrs: [], end: undefined, isReached: true }]
  const stackObjects: number[] = []
  /** What an end leads to is reached, and all behind it. */
  const reach = (end: Terminator): void => {
    const work = [end]
    for (let from = work.pop(); from !== undefined; from = work.pop())
      for (const next of successors(from)) {
        const block = blocks[next]
        if (block === undefined || block.isReached) continue
        block.isReached = true
        if (block.end !== undefined) work.push(block.end)
      }
  }
  /** Equal places are one object: passes tell them apart by that. */
  const places = new Map<string, Place>()
  const onePlace = (place: Place): Place => {
    const key = placeKey(place)
    const known = places.get(key)
    if (known === undefined) places.set(key, place)
    return known ?? place
  }
  let current = 0
  let registers = 0
  let steps = 0
  let span: Span = NOWHERE
  const here = () => blocks[current]
  return {
    fresh: () => registers++,
    block: () => blocks.push({ instrs: [], end: undefined, isReached: false }) - 1,
    stackObject: (size) => stackObjects.push(size) - 1,
    enter(block) {
      current = block
    },
    get ended() {
      return here()?.end !== undefined
    },
    get reachable() {
      return here()?.isReached === true
    },
    get steps() {
      return steps + blocks.length
    },
    emit(instr) {
      steps++
      const block = here()
      if (block?.end === undefined) block?.instrs.push(laidOut(instr, span, onePlace))
    },
    end(terminator) {
      const block = here()
      if (block === undefined || block.end !== undefined) return
      block.end = endLaidOut(terminator)
      if (block.isReached) reach(terminator)
    },
    at(file, next) {
      if (span.start !== next.start || span.end !== next.end || span.file !== file)
        span = { start: next.start, end: next.end, file }
    },
    finish: (name) => ({
      name,
      registers,
      stackObjects,
      blocks: blocks.map(
        ({ instrs, end }): Block => ({ phis: [], instrs, end: end ?? { op: 'return', a: undefined } }),
      ),
    }),
  }
}

/** An operand that is a register. */
export const reg = (register: number): Operand => ({ reg: register })
/** An operand that is a number. */
export const imm = (value: bigint | number): Operand => ({ imm: typeof value === 'bigint' ? value : BigInt(value) })
