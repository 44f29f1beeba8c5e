import type { Span } from '../diagnostics.ts'

/** A virtual register, or a number. Numbers are as wide as what uses them. */
export type Operand = { readonly reg: number } | { readonly imm: bigint }

/** Bits that an operation works on. 32-bit results have zeros above, whatever their sign. */
export type Width = 32 | 64

export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'and'
  | 'or'
  | 'xor'
  | 'lsh'
  | 'rsh'
  | 'arsh'
  | 'sdiv'
  | 'smod'
export type Condition = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'slt' | 'sle' | 'sgt' | 'sge'
export type AccessSize = 'u8' | 'u16' | 'u32' | 'u64'

/**
 * Where a load or store goes. Its kind and names are also what tells two places apart: fields of the kernel by their names,
 * private state and memory of our own by their bytes.
 */
export type Place =
  /** A field of a kernel struct that `base` points to; linking finds it. `bits`: a bitfield, and whether it has a sign. */
  | { readonly kind: 'field'; readonly struct: string; readonly field: string; readonly bits?: Bits }
  /** Bytes of the private state of the socket that `base` points to. */
  | { readonly kind: 'private'; readonly offset: number }
  /** Bytes behind a pointer of ours; regions of different names never overlap, `any` may be each of them. */
  | { readonly kind: 'memory'; readonly region: string; readonly offset: number }

/** A bitfield without or with a sign. */
export type Bits = 'unsigned' | 'signed'

/** What the target kernel decides, as a number. */
export type Question =
  /** `wide`: the value of one of 64 bits in the types. */
  | { readonly kind: 'enumerator'; readonly enum: string; readonly name: string; readonly wide?: bigint }
  | { readonly kind: 'fieldExists'; readonly struct: string; readonly field: string }
  | { readonly kind: 'typeExists' | 'typeSize'; readonly struct: string }
  | { readonly kind: 'enumeratorExists'; readonly enum: string; readonly name: string }
  /** LINUX_VERSION_CODE. */
  | { readonly kind: 'version' }
  /** Not 0 where the kernel has the function. */
  | { readonly kind: 'kfunc'; readonly name: string }

/** Something that has an address, the same all the time that a program runs. */
export type Addressed =
  | { readonly kind: 'stack'; readonly object: number }
  | { readonly kind: 'map'; readonly map: string }
  | { readonly kind: 'data'; readonly map: string; readonly offset: number }
  | { readonly kind: 'function'; readonly name: string }

/** What a call goes to. */
export type Callee =
  | {
      readonly kind: 'helper'
      readonly name: string
      readonly id: number
      /** It changes nothing that the program could read. */
      readonly quiet: boolean
      /** The struct that it gives. */
      readonly struct?: string
    }
  | { readonly kind: 'kfunc'; readonly name: string; readonly weak: boolean }
  | { readonly kind: 'function'; readonly name: string }

/** A step of a block. A move of 32 bits cuts what is above; copies are of 64. */
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
  /** The low bits with their sign, of cpu v4: shifts up and down on others. */
  | {
      readonly op: 'extend'
      readonly width: Width
      readonly bits: 8 | 16 | 32
      readonly dst: number
      readonly a: Operand
    }
  /** An argument of the callback, by what it points to, its name or its position; or, without a name, of a function. */
  | {
      readonly op: 'argument'
      readonly dst: number
      readonly name: string
      readonly pointee?: string
      readonly index: number
      readonly arity: number
      readonly size: AccessSize
      /** It is the program's, which has to give it on. */
      readonly owned?: true
    }
  | { readonly op: 'parameter'; readonly dst: number; readonly index: number }
  /** Zeros above what was loaded, of whatever sign; bitfields have theirs in 32 bits. */
  | {
      readonly op: 'load'
      readonly dst: number
      readonly base: Operand
      readonly place: Place
      readonly size: AccessSize
    }
  | {
      readonly op: 'store'
      readonly base: Operand
      readonly place: Place
      readonly size: AccessSize
      readonly a: Operand
    }
  /** Add to memory at once, as seen by every CPU. */
  | {
      readonly op: 'atomicAdd'
      readonly base: Operand
      readonly place: Place
      readonly size: 'u32' | 'u64'
      readonly a: Operand
    }
  | { readonly op: 'question'; readonly dst: number; readonly ask: Question }
  | { readonly op: 'address'; readonly dst: number; readonly of: Addressed }
  /** Where a field of a kernel struct lies. */
  | {
      readonly op: 'fieldAddress'
      readonly dst: number
      readonly base: Operand
      readonly struct: string
      readonly field: string
    }
  | {
      readonly op: 'call'
      readonly dst: number | undefined
      readonly callee: Callee
      readonly args: readonly Operand[]
    }
  /** Registers that did not fit. */
  | { readonly op: 'loadSpill'; readonly dst: number; readonly slot: number }
  | { readonly op: 'storeSpill'; readonly slot: number; readonly a: Operand }
) & { readonly span: Span }

/** A step that touches memory. */
export type MemoryAccess = Extract<Instr, { op: 'load' | 'store' | 'atomicAdd' }>

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
      /** It bounds an index: it goes only where the verifier sees without it what it says. */
      readonly guard?: true
    }
  | { readonly op: 'return'; readonly a: Operand | undefined }

/** A value that depends on which block came before. */
export interface Phi {
  readonly dst: number
  /** By block that leads here. */
  readonly from: ReadonlyMap<number, Operand>
}

/** Steps without a jump in between. */
export interface Block {
  /** None outside of SSA form. */
  readonly phis: readonly Phi[]
  readonly instrs: readonly Instr[]
  readonly end: Terminator
}

/**
 * A program before it has machine registers: the first block is where it begins. Lowering writes registers as often as it
 * likes; in SSA form, which the passes work on, each is written once and what it holds never changes.
 */
export interface IrFunction {
  readonly name: string
  readonly blocks: readonly Block[]
  /** Virtual registers are below this. */
  readonly registers: number
  /** Bytes of the objects on the stack. */
  readonly stackObjects: readonly number[]
  /** The kernel looks at these low bits of what it gives; undefined where all of them count. */
  readonly returns?: 32
}

/** Are operands the same register, or the same number? */
export const sameOperand = (a: Operand, b: Operand): boolean =>
  'reg' in a ? 'reg' in b && a.reg === b.reg : 'imm' in b && a.imm === b.imm

/** The register of an operand. */
export const regOf = (operand: Operand | undefined): number | undefined =>
  operand !== undefined && 'reg' in operand ? operand.reg : undefined

const NONE: readonly number[] = []

function registersOf(a: Operand, b?: Operand): readonly number[] {
  if (b === undefined || !('reg' in b)) return 'reg' in a ? [a.reg] : NONE
  return 'reg' in a ? [a.reg, b.reg] : [b.reg]
}

/** Registers that a step reads. */
export function usesOf(instr: Instr): readonly number[] {
  switch (instr.op) {
    case 'binary':
      return registersOf(instr.a, instr.b)
    case 'move':
    case 'negate':
    case 'extend':
    case 'storeSpill':
      return registersOf(instr.a)
    case 'load':
    case 'fieldAddress':
      return registersOf(instr.base)
    case 'store':
    case 'atomicAdd':
      return registersOf(instr.base, instr.a)
    case 'call': {
      const found: number[] = []
      for (const arg of instr.args) if ('reg' in arg) found.push(arg.reg)
      return found
    }
    default:
      return NONE
  }
}

/** The register that a step writes. */
export const definedBy = (instr: Omit<Instr, 'span'>): number | undefined => (instr as { readonly dst?: number }).dst // quicker than asking first whether it is there

/** Registers that the end of a block reads. */
export function usesOfEnd(end: Terminator): readonly number[] {
  if (end.op === 'branch') return registersOf(end.a, end.b)
  return end.op === 'return' && end.a !== undefined ? registersOf(end.a) : NONE
}

/** Blocks that may come next. */
export function successors(end: Terminator): readonly number[] {
  return end.op === 'jump' ? [end.to] : end.op === 'branch' ? [end.yes, end.no] : NONE
}

/** Must it stay although nobody reads its result? */
export function hasEffect(instr: Instr): boolean {
  return (
    instr.op === 'store' ||
    instr.op === 'atomicAdd' ||
    instr.op === 'storeSpill' ||
    (instr.op === 'call' && !(instr.callee.kind === 'helper' && instr.callee.quiet))
  )
}

/** A condition that holds where this one does not. */
export const OPPOSITE: Readonly<Record<Condition, Condition>> = {
  eq: 'ne',
  ne: 'eq',
  lt: 'ge',
  ge: 'lt',
  gt: 'le',
  le: 'gt',
  slt: 'sge',
  sge: 'slt',
  sgt: 'sle',
  sle: 'sgt',
}

/** The condition with its sides exchanged. */
export const MIRRORED: Readonly<Record<Condition, Condition>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
  slt: 'sgt',
  sle: 'sge',
  sgt: 'slt',
  sge: 'sle',
}

/** Bytes of an access. */
export const BYTES: Readonly<Record<AccessSize, 1 | 2 | 4 | 8>> = { u8: 1, u16: 2, u32: 4, u64: 8 }

/** Which instructions may be used: as `-mcpu` of compilers has it. v4 needs a kernel from 6.6 on. */
export type Cpu = 'v1' | 'v2' | 'v3' | 'v4'
