import type { Span } from '../diagnostics.ts'

/** A virtual register, or a number. Numbers are as wide as what uses them. */
export type Operand = { readonly reg: number } | { readonly imm: bigint }

/** Bits that an operation works on. 32-bit results have zeros above, whatever their sign. */
export type Width = 32 | 64

export type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'lsh' | 'rsh' | 'arsh'
export type Condition = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'slt' | 'sle' | 'sgt' | 'sge'
export type AccessSize = 'u8' | 'u16' | 'u32' | 'u64'

/** Above a signed field: nothing to do, zeros from the start, or a sign above 32 bits that is taken off. */
export type Extend = 'none' | 'zeros' | 'cut'

/** A place in the kernel's memory that linking finds. */
export interface FieldRef {
  readonly struct: string
  readonly field: string
}

/**
 * A step of a block. Registers may be written several times. A move of 32 bits cuts what is above; copies are of 64.
 */
export type Instr = (
  | { readonly op: 'move'; readonly width: Width; readonly dst: number; readonly a: Operand }
  | {
      readonly op: 'binary'
      readonly fn: BinaryOp
      readonly width: Width
      readonly dst: number
      readonly a: Operand
      readonly b: Operand
    }
  | { readonly op: 'negate'; readonly width: Width; readonly dst: number; readonly a: Operand }
  | {
      readonly op: 'argument'
      readonly dst: number
      readonly name: string
      readonly pointee?: string
      readonly index: number
      readonly arity: number
    }
  | {
      readonly op: 'loadField'
      readonly dst: number
      readonly base: number
      readonly place: FieldRef
      readonly extend: Extend
      /** Bytes that the field has to have on the kernel. */
      readonly size?: AccessSize
    }
  | {
      readonly op: 'storeField'
      readonly base: number
      readonly place: FieldRef
      readonly size: AccessSize
      readonly a: Operand
    }
  | {
      readonly op: 'loadPrivate'
      readonly dst: number
      readonly base: number
      readonly offset: number
      readonly size: AccessSize
    }
  | {
      readonly op: 'storePrivate'
      readonly base: number
      readonly offset: number
      readonly size: AccessSize
      readonly a: Operand
    }
  | { readonly op: 'enumerator'; readonly dst: number; readonly enum: string; readonly name: string }
  | { readonly op: 'loadStack'; readonly dst: number; readonly slot: number }
  | { readonly op: 'storeStack'; readonly slot: number; readonly a: Operand }
  | { readonly op: 'helper'; readonly dst: number; readonly id: number; readonly args: readonly Operand[] }
) & { readonly span: Span }

/** How a block ends. */
export type Terminator =
  | { readonly op: 'jump'; readonly to: number }
  | {
      readonly op: 'branch'
      readonly if: Condition
      readonly width: Width
      readonly a: Operand
      readonly b: Operand
      readonly yes: number
      readonly no: number
    }
  | { readonly op: 'return'; readonly a: Operand | undefined }

/** Steps without a jump in between. */
export interface Block {
  readonly instrs: readonly Instr[]
  readonly end: Terminator
}

/** A program before it has registers: the first block is where it begins. */
export interface IrFunction {
  readonly name: string
  readonly blocks: readonly Block[]
  /** Virtual registers are below this. */
  readonly registers: number
}

/** Registers that a step reads. */
export function usesOf(instr: Instr): readonly number[] {
  const operands: Operand[] = []
  if ('a' in instr) operands.push(instr.a)
  if (instr.op === 'binary') operands.push(instr.b)
  if (instr.op === 'helper') operands.push(...instr.args)
  const registers = operands.flatMap((operand) => ('reg' in operand ? [operand.reg] : []))
  return 'base' in instr ? [instr.base, ...registers] : registers
}

/** The register that a step writes. */
export function definedBy(instr: Instr): number | undefined {
  return 'dst' in instr ? instr.dst : undefined
}

/** Registers that the end of a block reads. */
export function usesOfEnd(end: Terminator): readonly number[] {
  const operands = end.op === 'branch' ? [end.a, end.b] : end.op === 'return' && end.a !== undefined ? [end.a] : []
  return operands.flatMap((operand) => ('reg' in operand ? [operand.reg] : []))
}

/** Blocks that may come next. */
export function successors(end: Terminator): readonly number[] {
  return end.op === 'jump' ? [end.to] : end.op === 'branch' ? [end.yes, end.no] : []
}

/** Must it stay although nobody reads its result? */
export function hasEffect(instr: Instr): boolean {
  return instr.op === 'storeField' || instr.op === 'storePrivate' || instr.op === 'storeStack' || instr.op === 'helper'
}
